"""The verbs of the desk: pure, handed everything, returning everything."""
