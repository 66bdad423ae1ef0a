"""docs/after-sales-rules.md, written from the tables that decide: `python -m aftersales_local.rules_page [--check]`."""
