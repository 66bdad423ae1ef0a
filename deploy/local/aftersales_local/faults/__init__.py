"""The fault run: the demo's load while every part of the stack is killed, stopped and doubled, then the checker."""
