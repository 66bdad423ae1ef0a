"""The run folder: what the drivers did and heard, one JSON object a line, for a checker that trusts nobody else."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

PRODUCED: Final = "produced.jsonl"
CLIENT: Final = "client.jsonl"
FAULTS: Final = "faults.jsonl"
RUN: Final = "run.json"


class Record:
    """Writes as things happen; a run that is killed leaves what it had written.

    done: counts by what ended an HTTP attempt (`ok`, `fail`, `info`); replayed: answers that were given before.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.done: dict[str, int] = {"ok": 0, "fail": 0, "info": 0}
        self.replayed = 0
        self.produced = 0
        self._operations = 0
        self._files: dict[str, TextIO] = {}

    def __enter__(self) -> Self:
        for name in (PRODUCED, CLIENT, FAULTS):
            self._files[name] = (self.folder / name).open("w", buffering=1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def acknowledged(self, metadata: Any, source: str, name: str, copy: int) -> None:
        """Kafka has a record. offset: None where Kafka has it from an earlier attempt and does not say where."""
        self.produced += 1
        place = {"topic": metadata.topic, "partition": metadata.partition}
        offset = metadata.offset if metadata.offset >= 0 else None
        self._write(PRODUCED, {**place, "offset": offset, "ce_id": name, "ce_source": source, "copy": copy})

    def begin(self, said: Mapping[str, Any]) -> int:
        """An attempt of an HTTP request begins; gives its number."""
        self._operations += 1
        self._client(self._operations, "invoke", None, said)
        return self._operations

    def end(self, number: int, kind: str, status: int | None, said: Mapping[str, Any]) -> None:
        """kind: `ok`, `fail` (it was refused, and nothing is unknown), `info` (whether it was done is not known)."""
        self.done[kind] += 1
        self._client(number, kind, status, said)

    def _client(self, number: int, kind: str, status: int | None, said: Mapping[str, Any]) -> None:
        at = {"wall": time.time(), "mono": time.monotonic()}
        self._write(CLIENT, {"op": number, "process": "people", "type": kind, **said, "value": status, **at})

    def fault(self, kind: str, target: str, at: float, recovered: float | None, **more: Any) -> None:
        self._write(FAULTS, {"kind": kind, "target": target, "at_mono": at, "recovered_mono": recovered, **more})

    def run(self, said: Mapping[str, Any]) -> None:
        (self.folder / RUN).write_text(json.dumps(said, indent=2) + "\n")

    def _write(self, name: str, said: Mapping[str, Any]) -> None:
        self._files[name].write(json.dumps(said) + "\n")
