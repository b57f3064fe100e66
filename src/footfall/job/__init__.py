"""One step of counting: read, count, commit; the loop; the schedule; the retry."""
