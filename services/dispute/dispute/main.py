"""Disputes as a process: `python -m dispute.main`."""

from collections.abc import Sequence

from fastapi import APIRouter

import aftersales.runtime.lean  # noqa: F401 - before anything that would import what it leaves out
from aftersales.runtime.http import Parts
from aftersales.runtime.process import run
from dispute.api import routers
from dispute.handlers import SERVICE


def build_api(_parts: Parts) -> Sequence[APIRouter]:
    return routers()


def main() -> None:
    run(SERVICE, build_api)


if __name__ == "__main__":
    main()
