"""`aftersales generate`: a history of events to try rules on, the same for the same seed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Final

import typer

from aftersales.errors import Failure
from aftersales_local.whatif.drawn import drawn
from aftersales_local.whatif.processes import each
from aftersales_local.whatif.progress import Progress
from aftersales_local.whatif.quiet import seller_line, undisputed
from aftersales_local.whatif.situations import disputed
from aftersales_local.whatif.sketch import BEGINS, Market, Sketcher

PART: Final = 10_000
MOST: Final = 10_000_000
SUFFIXES: Final = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Part:
    """Orders `first` to `last` of a market, as they go into a file of their own."""

    market: Market
    first: int
    last: int
    disputed_percent: float
    scans: int
    path: Path


def generate(
    out: Annotated[Path, typer.Option(help="A file (*.ndjson), or a folder for one file every 10,000 orders.")],
    orders: Annotated[int, typer.Option(min=1, max=MOST, help="How many orders, over a year.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same history.")] = 1,
    disputed_percent: Annotated[float, typer.Option("--disputed", min=0, max=100, help="Of a hundred orders.")] = 3,
    scans: Annotated[int, typer.Option(min=0, max=50, help="Scans of a parcel.")] = 5,
) -> None:
    """Make a history of orders, parcels, scans, complaints and rulings for `aftersales backtest`."""
    if out == Path():
        raise Failure("--out has no name. Name a file (*.ndjson) or a new folder.")
    if out.suffix not in ("", *SUFFIXES) and not out.is_dir():
        raise Failure(f"{out}: a history's file ends in {' or '.join(SUFFIXES)}, and a new folder's name has no dot.")
    as_file = out.suffix in SUFFIXES
    folder = out.with_suffix(".parts") if as_file else out
    if out.exists() and (as_file or not out.is_dir() or any(out.iterdir())):
        raise Failure(f"{out} is there already. Name a new file or folder, or remove it first.")
    folder.mkdir(parents=True, exist_ok=True)
    parts = planned(Market(orders, seed), disputed_percent, scans, folder)
    try:
        size = written(parts, orders)
        if as_file:
            join(parts, out)
    except BaseException:
        for path in (*(part.path for part in parts), *((out,) if as_file else ())):
            path.unlink(missing_ok=True)
        raise
    finally:
        if as_file:
            folder.rmdir()
    print(f"{orders:,} orders (seed {seed}) are in {out}, {size / 1e6:,.0f} MB.")


def written(parts: Sequence[Part], orders: int) -> int:
    """How many bytes all parts have."""
    with ProcessPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool, Progress("generating", orders) as progress:
        for part, size in zip(parts, each(pool, write, parts), strict=True):
            progress.add(part.last - part.first + 1)
            progress.bytes += size
    return progress.bytes


def planned(market: Market, disputed_percent: float, scans: int, folder: Path) -> list[Part]:
    numbers = range(1, market.orders + 1, PART)
    return [
        Part(
            market,
            first,
            min(first + PART - 1, market.orders),
            disputed_percent,
            scans,
            folder / f"events-{place:04d}.ndjson",
        )
        for place, first in enumerate(numbers, start=1)
    ]


def write(part: Part) -> int:
    """Write one part; returns its bytes."""
    with part.path.open("wb") as file:
        file.writelines(lines(part))
        return file.tell()


def lines(part: Part) -> Iterator[bytes]:
    """Everything said of the part's orders, in pieces of one line or more; the first part begins with the sellers."""
    chance = Random(f"{part.market.seed}:{part.first}")
    if part.first == 1:
        yield from sellers(part.market)
    sketcher, factors = Sketcher(part.market, chance), part.market.seller_factors()
    for number in range(part.first, part.last + 1):
        likely = part.disputed_percent / 100 * factors[sketcher.seller(number)]
        if chance.random() < likely:
            yield from disputed(sketcher.sketch(number), part.scans, chance)
        else:
            yield "".join(undisputed(sketcher.sketch(number), part.scans, chance)).encode()


def sellers(market: Market) -> Iterator[bytes]:
    """Each with a deposit, the day before the first order; some put nothing down."""
    chance = Random(f"{market.seed}:deposits")
    at = int(BEGINS.timestamp()) - 86_400
    for number in range(market.sellers):
        yield seller_line(f"seller-{number}", chance.choice(drawn().ours["deposits"]), at).encode()


def join(parts: list[Part], out: Path) -> None:
    with out.open("wb") as whole:
        for part in parts:
            with part.path.open("rb") as piece:
                shutil.copyfileobj(piece, whole, 1 << 20)
            part.path.unlink()
