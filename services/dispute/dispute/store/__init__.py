"""The tables of disputes: the two kinds of subject, the rows derived from them, and bounded reads."""
