"""notification as a process: `python -m notification.main`."""

from collections.abc import Sequence

from fastapi import APIRouter

import aftersales.runtime.lean  # noqa: F401 - before anything that would import what it leaves out
from aftersales.runtime.http import Parts
from aftersales.runtime.process import run
from notification.api import routers
from notification.handlers import SERVICE
from notification.senders.file import FileSender
from notification.sending import send_for_ever


def build_api(_parts: Parts) -> Sequence[APIRouter]:
    return routers()


async def send_to_file(parts: Parts) -> None:
    await send_for_ever(parts.unit, FileSender(parts.settings.notice_file))


def main() -> None:
    run(SERVICE, build_api, [send_to_file])


if __name__ == "__main__":
    main()
