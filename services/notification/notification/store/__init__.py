"""The tables of notification: its kinds of subject, and bounded reads."""
