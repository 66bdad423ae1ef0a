"""The nouns: orders with their parcels and disputes, sellers, reasons, states, and the table of what may happen."""
