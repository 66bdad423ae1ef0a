"""Prometheus's promtool, which tests the alert rules: the machine's own, or one in the person's cache.

`python -m aftersales_local.promtool` builds it there with Go, which takes minutes, therefore no test does.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aftersales.errors import Failure
from aftersales_local.places import user_cache

VERSION = "v0.308.0"
MODULE = "github.com/prometheus/prometheus/cmd/promtool"
FETCH_WITHIN = 60


def find() -> Path | None:
    """Where it is; fetched from Debian's package where that can be had within a minute; None where it is not."""
    on_path = shutil.which("promtool")
    if on_path is not None:
        return Path(on_path)
    return place() if place().exists() or fetched() else None


def place() -> Path:
    return user_cache() / "promtool"


def fetched() -> bool:
    """Take it out of Debian's package, installing nothing; needs no rights, only the lists of `apt-get update`."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            quietly(folder, "apt-get", "download", "-q", "prometheus")
            [package] = Path(folder).glob("prometheus_*.deb")
            quietly(folder, "dpkg-deb", "-x", str(package), folder)
        except (subprocess.SubprocessError, ValueError):
            return False
        keep(Path(folder) / "usr" / "bin" / "promtool")
    return True


def quietly(folder: str, *words: str) -> None:
    subprocess.run(words, cwd=folder, capture_output=True, timeout=FETCH_WITHIN, check=True)


def build() -> None:
    """With Go, in a module of its own: the original's cannot be installed by name and version."""
    go = shutil.which("go")
    if go is None:
        raise Failure("Go is not installed. Install it, or put promtool on the path.")
    with tempfile.TemporaryDirectory() as folder:
        for words in (
            ("mod", "init", "promtool"),
            ("get", "-tool", f"{MODULE}@{VERSION}"),
            ("build", "-o", "promtool", MODULE),
        ):
            if subprocess.run([go, *words], cwd=folder, check=False).returncode != 0:
                raise Failure(f"`go {' '.join(words)}` failed; see above.")
        keep(Path(folder) / "promtool")


def keep(program: Path) -> None:
    """Under its own name only when it is whole."""
    place().parent.mkdir(parents=True, exist_ok=True)
    draft = place().with_suffix(f".{os.getpid()}")
    shutil.copy(program, draft)
    draft.rename(place())


if __name__ == "__main__":
    try:
        build()
    except Failure as problem:
        print(problem.sentence, file=sys.stderr)
        sys.exit(problem.exit_code)
    print(f"promtool is at {place()}.")
