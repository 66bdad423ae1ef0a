"""The benchmark: the engine beside what people would write instead, on the same servers in the same run."""
