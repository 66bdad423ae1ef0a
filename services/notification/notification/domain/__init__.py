"""Threads, parties and notices, as notification keeps them."""
