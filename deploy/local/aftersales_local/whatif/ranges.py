"""A history's files in pieces that processes share out: whole lines, read without decoding them."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from aftersales.errors import Failure

# Small enough for the allocator to use its memory again for the next one.
PIECE: Final = 8 * 1024 * 1024
SUFFIXES: Final = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Range:
    """The lines of a file that begin in [begin, end), by byte."""

    path: Path
    begin: int
    end: int

    def read(self) -> tuple[int, bytes]:
        """Where its first line begins, and its lines."""
        with self.path.open("rb") as file:
            starts, ends = (_line_after(file, place) for place in (self.begin, self.end))
            file.seek(starts)
            return starts, file.read(max(0, ends - starts))


def _line_after(file: BinaryIO, place: int) -> int:
    """Where the first line begins that does not begin before a place."""
    if not place:  # some editors put a mark of their own before a text
        return len(BOM_UTF8) if file.read(len(BOM_UTF8)) == BOM_UTF8 else 0
    file.seek(place - 1)
    file.readline()
    return file.tell()


class Broken(Exception):
    """A line that is no event, by its place in a file."""

    def __init__(self, path: Path, offset: int, why: str) -> None:
        super().__init__(path, offset, why)
        self.path = path
        self.offset = offset
        self.why = why

    def failure(self) -> Failure:
        return Failure(
            f"{self.path}, line {self.number}: {self.why}. Correct or remove the line, or use --skip-bad to go on "
            "without such lines."
        )

    @property
    def number(self) -> int:
        """Of the line in its file, from 1."""
        lines = 1
        with self.path.open("rb") as file:
            left = self.offset
            while left > 0 and (block := file.read(min(left, 1 << 20))):
                lines += block.count(b"\n")
                left -= len(block)
        return lines


def files(source: Path) -> list[Path]:
    """The files of a history. Failure where there is none."""
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.iterdir() if path.suffix in SUFFIXES)
    if not found:
        raise Failure(
            f"{source}: there is no history (*.ndjson) in this folder, and it is not the folder of a running stack."
        )
    return found


def ranges(paths: Sequence[Path], piece: int = PIECE) -> list[Range]:
    return [
        Range(path, begin, min(begin + piece, size))
        for path in paths
        for size in (path.stat().st_size,)
        for begin in range(0, size, piece)
    ]


def lines_with(block: bytes, needle: bytes) -> Iterator[tuple[int, bytes]]:
    """Every line that holds the needle, with its place in the block."""
    at = block.find(needle)
    while at >= 0:
        begin = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        yield begin, block[begin:end]
        at = block.find(needle, end)
