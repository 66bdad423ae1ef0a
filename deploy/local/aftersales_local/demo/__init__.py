"""The main job of the demo: real orders, or generated ones of the same shape, through the whole system."""
