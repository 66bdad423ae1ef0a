"""`python -m aftersales_local.planted DEFECT MODULE FILE`: a service's process with a defect of the engine planted in.

MODULE: the service's main. FILE: holds a failpoint, which SIGUSR1 arms; it is gone then. The consumer group is the
process's own, so that nobody waits for the session of one that was killed; where reading goes on is in the database.
"""

import importlib
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from aftersales.runtime import failpoints
from aftersales.runtime.engine import Engine
from aftersales_local.planted.breaking import swap
from aftersales_local.planted.defects import DEFECTS, UNBROKEN

OF_ENGINE = ("self", "service", "database_url", "kafka", "policies", "group", "production", "serves_http")


def own_group(original: Any) -> Any:
    def made(self: Any, service: Any, **given: Any) -> None:
        original(self, service, **{**given, "group": f"{service.name}-{uuid4().hex[:12]}"})

    return made


def arm(file: Path) -> None:
    failpoints.install(file.read_text(), production=False)
    file.unlink()


def main(defect: str, module: str, failpoint: Path) -> None:
    swap(Engine, "__init__", OF_ENGINE, own_group)
    if defect != UNBROKEN:
        DEFECTS[defect].plant()
    signal.signal(signal.SIGUSR1, lambda *_: arm(failpoint))
    importlib.import_module(module).main()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
