"""The desk where support agents settle what the parties could not."""
