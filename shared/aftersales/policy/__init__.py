"""Policies: versioned parameters of the rulebook, and the arithmetic they drive."""
