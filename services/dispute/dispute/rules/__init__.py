"""The verbs: what happens when somebody speaks, something is learnt, or a deadline passes. Pure."""
