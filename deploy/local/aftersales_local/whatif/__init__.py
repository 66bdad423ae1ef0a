"""What if: histories of events, and the same history judged by two policies through the services' own rules."""
