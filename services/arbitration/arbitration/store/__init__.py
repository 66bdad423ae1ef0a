"""The desk's tables: its kind of subject, and bounded reads."""
