"""`aftersales explain`: the whole story of a dispute, from the tables."""
