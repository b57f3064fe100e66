"""Events in from files; facts and events out to files."""
