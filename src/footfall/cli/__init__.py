"""What you type."""
