"""The HTTP edge: answers only after the journal has it."""
