"""Opens disputes, runs the negotiation and orders settlements."""
