"""The vocabulary: one module per speaker, and the envelope they all use."""
