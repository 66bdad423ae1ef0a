"""Tells both parties of every step and every deadline."""
