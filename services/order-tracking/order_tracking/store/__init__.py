"""The tables of order-tracking: its kinds of subject, and bounded reads."""
