"""Imported first in the main module of a service: libraries colour their tracebacks with `rich` where they find it.

That is for a person at a terminal. A service logs lines of JSON or plain text, and holds some MB less without it.
"""

import sys
from types import ModuleType
from typing import Final

ORNAMENTS: Final = ("rich", "pygments")

# None is what `import` takes for "not installed".
_modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
for _name in ORNAMENTS:
    _modules.setdefault(_name, None)
