"""Writes the page of rules anew; with `--check` only says whether it is current (exit status 1 where it is not)."""

import sys
from typing import Final

from aftersales_local.places import ROOT
from aftersales_local.rules_page.page import page

PAGE: Final = ROOT / "docs" / "after-sales-rules.md"


def main(arguments: list[str]) -> int:
    text = page()
    current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
    if "--check" in arguments:
        if not current:
            print(f"not current: {PAGE.name}. Run `python -m aftersales_local.rules_page` and commit what it writes.")
        return int(not current)
    if not current:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
