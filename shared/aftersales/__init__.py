"""What all services share: the vocabulary, the policies, the pure types and the engine."""
