"""Whom to tell what, once; when to remind; what was sent and read. Pure: the words are handed in."""
