"""The nouns of the desk: the case, the file it judges by, findings, rulings, and the agents' commands."""
