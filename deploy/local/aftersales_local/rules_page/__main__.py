"""Writes the pages of rules anew; with `--check` only says whether they are current (exit status 1 if one is not)."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from aftersales_local.places import ROOT
from aftersales_local.rules_page import explained, page

DOCS: Final = ROOT / "docs"
PAGE: Final = DOCS / "after-sales-rules.md"
EXPLAINED: Final = DOCS / "explained.md"
PAGES: Final[Mapping[Path, Callable[[], str]]] = {PAGE: page.page, EXPLAINED: explained.page}


def main(arguments: list[str]) -> int:
    texts = {path: written() for path, written in PAGES.items()}
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"not current: {path.name}. Run `python -m aftersales_local.rules_page` and commit what it writes.")
        return int(bool(stale))
    for path in stale:
        path.write_text(texts[path], encoding="utf-8")
        print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
