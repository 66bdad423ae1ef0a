"""A second implementation of the rulebook, which shares nothing with the product, and what compares the two."""
