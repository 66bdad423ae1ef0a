"""The pages that are written from the rules: `python -m aftersales_local.rules_page [--check]`.

docs/after-sales-rules.md from the tables that decide, docs/explained.md from what the stories decide.
"""
