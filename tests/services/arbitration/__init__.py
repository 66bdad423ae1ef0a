"""The desk on a real database, behind its real HTTP door."""
