"""The main job of the demo: real orders, or generated ones of the same shape (demo-data engineer, see PLAN update)."""
