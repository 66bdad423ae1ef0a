"""The desk's rules, pure."""
