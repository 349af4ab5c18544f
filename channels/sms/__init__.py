"""SMS: one line in, a short text out."""
