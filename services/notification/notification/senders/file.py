"""Notices as lines of a file, one JSON object each, `notice` being the key that tells a repeat from a new one."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import orjson

from notification.senders import Letter


class FileSender:
    """Appends to `path`; several processes may."""

    channel = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, letters: Sequence[Letter]) -> Mapping[UUID, str]:
        try:
            await asyncio.to_thread(self._append, b"".join(_line(letter) for letter in letters))
        except OSError as problem:
            return {letter.id: f"{self._path}: {problem.strerror}" for letter in letters}
        return {}

    def _append(self, lines: bytes) -> None:
        """One write, so that lines of two processes do not mix; on the disk before it is called sent."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
        finally:
            os.close(file)


def _line(letter: Letter) -> bytes:
    line = {
        "notice": str(letter.id),
        "order": letter.order_id,
        "dispute": letter.dispute,
        "parcel": letter.parcel,
        "type": letter.type,
        "step": letter.step,
        "party": letter.party,
        "recipient": letter.recipient,
        "title": letter.title,
        "text": letter.words,
        "at": letter.at,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
