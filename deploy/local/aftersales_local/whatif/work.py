"""From a history's files to an answer: three passes over the bytes, then every seller's disputed orders replayed.

Shared out over the machine's processors; a small history is worked through in this process alone.
"""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from aftersales.errors import Failure
from aftersales.policy.model import Policy
from aftersales_local.whatif.judge import Answer, Group, Question, judge
from aftersales_local.whatif.processes import each
from aftersales_local.whatif.progress import Progress
from aftersales_local.whatif.ranges import Broken, Range, ranges
from aftersales_local.whatif.scan import Gathered, Line, Span, Wanted, complaints, gather, shipments
from aftersales_local.whatif.sources import opened

T = TypeVar("T")
R = TypeVar("R")

# Starting processes takes longer than this takes one of them.
SMALL: Final = 16 * 1024 * 1024
BATCH: Final = 150  # disputed orders a task
TRY_ONE: Final = "`aftersales generate` makes one to try."
# When a history ends in which nothing is said of a disputed order.
NOTHING_SAID: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Of a hundred parts of the whole work: what each of the passes and the replay take.
SEEKING, SHIPPING, GATHERING, REPLAYING = 3, 5, 17, 75


@dataclass
class Job:
    """What was asked, and all that came of it. orders, by_seller, by_lane: in the span, disputed or not."""

    source: Path
    before: Policy
    after: Policy
    span: Span
    until: datetime = NOTHING_SAID
    answer: Answer = field(default_factory=Answer)
    groups: dict[str, Group] = field(default_factory=dict)
    orders: int = 0
    events: int = 0
    complained: int = 0
    by_seller: Counter[str] = field(default_factory=Counter)
    by_lane: Counter[str] = field(default_factory=Counter)
    bad: list[Broken] = field(default_factory=list)
    skip_bad: bool = False

    @property
    def question(self) -> Question:
        return Question(self.before, self.after, self.until, self.skip_bad)


def run(job: Job, progress: Progress) -> None:
    """Do the whole job. Failure where the source is no history, or a line is bad and is not to be skipped."""
    with opened(job.source) as paths, without_collector():
        parts = ranges(paths)
        if not parts:
            raise Failure(f"{job.source}: this history is empty. {TRY_ONE}")
        workers = 1 if sum(path.stat().st_size for path in paths) < SMALL else (os.cpu_count() or 1)
        try:
            collect(job, parts, workers, progress)
            replay(job, workers, progress)
        except Broken as broken:
            raise broken.failure() from None
    if job.span.everything and not job.orders:
        raise Failure(f"{job.source}: no order is placed in this history. {TRY_ONE}")
    # Passes meet a line again, and several sellers may hear the same one.
    job.bad = sorted({(bad.path, bad.offset): bad for bad in job.bad}.values(), key=lambda bad: (bad.path, bad.offset))


def collect(job: Job, parts: Sequence[Range], workers: int, progress: Progress) -> None:
    wanted = Wanted()
    for made, bad in shared_out(complaints, parts, workers, progress, "who complained", SEEKING):
        _note(job, bad)
        for order, dispute in made:
            wanted.orders.add(order)
            wanted.disputes.setdefault(dispute, set()).add(order)
    for sent in shared_out(partial(shipments, orders=wanted.orders), parts, workers, progress, "parcels", SHIPPING):
        for number, order in sent:
            wanted.numbers.setdefault(number, set()).add(order)
    whole = Gathered()
    looking = partial(gather, about=wanted.about(), span=job.span)
    for found in shared_out(looking, parts, workers, progress, "reading", GATHERING):
        _take(job, whole, found)
    job.complained = len(wanted.orders)
    job.groups = grouped(whole, wanted, job.span)
    if whole.latest is not None:
        job.until = whole.latest


def _note(job: Job, bad: Sequence[Broken]) -> None:
    if bad and not job.skip_bad:
        raise min(bad, key=lambda one: one.offset)
    job.bad += bad


def _take(job: Job, whole: Gathered, found: Gathered) -> None:
    _note(job, found.bad)
    job.orders += found.orders
    job.events += found.events
    job.by_seller.update({seller.decode(): count for seller, count in found.by_seller.items()})
    job.by_lane.update({b" ".join(lane).decode(): count for lane, count in found.by_lane.items()})
    whole.lines += found.lines
    whole.sellers += found.sellers
    whole.everybody += found.everybody
    whole.placed.update(found.placed)
    whole.latest = max((at for at in (whole.latest, found.latest) if at is not None), default=None)


def grouped(found: Gathered, wanted: Wanted, span: Span) -> dict[str, Group]:
    """The wanted orders of each seller with all their lines; sellers whose disputes share a name go together."""
    together = _together(found, wanted)
    lines: dict[str, list[Line]] = {}
    for order, line in found.lines:
        placed = found.placed.get(order)
        if placed is not None and span.holds(placed[1]):
            lines.setdefault(together.get(placed[0], placed[0]), []).append(line)
    for seller, line in found.sellers:
        if (name := together.get(seller, seller)) in lines:
            lines[name].append(line)
    return {name: Group(name, [*found.everybody, *theirs]) for name, theirs in lines.items()}


def _together(found: Gathered, wanted: Wanted) -> dict[str, str]:
    """Seller to the name of their group, where it is not their own: an order takes a dispute's name from all others."""
    group: dict[str, str] = {}
    for orders in wanted.disputes.values():
        sellers = {found.placed[order][0] for order in orders if order in found.placed} if len(orders) > 1 else set()
        if len(sellers) > 1:
            names = {group.get(seller, seller) for seller in sellers}
            first = min(names)
            group.update({seller: first for seller, name in group.items() if name in names})
            group.update(dict.fromkeys(sellers, first))
    return group


def replay(job: Job, workers: int, progress: Progress) -> None:
    batches = list(_batches(job.groups.values()))
    asked = partial(judge, question=job.question)
    for answer in shared_out(asked, batches, workers, progress, "replaying", REPLAYING):
        job.answer.add(answer)
    job.bad += job.answer.bad


def _batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Groups in tasks of like size, the largest first, so that no process is left with one at the end."""
    batch: list[Group] = []
    size = 0
    for group in sorted(groups, key=lambda one: -len(one.lines)):
        batch.append(group)
        size += len(group.lines)
        if size >= BATCH * 15:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def shared_out(
    work: Callable[[T], R], tasks: Sequence[T], workers: int, progress: Progress, what: str, share: float
) -> Iterator[R]:
    """The answer to each task, in order. share: how much of the whole job all of them are."""
    if workers == 1 or len(tasks) <= 1:
        for task in tasks:
            yield work(task)
            progress.add(share / len(tasks), what)
        return
    with ProcessPoolExecutor(min(workers, len(tasks)), initializer=_prepare, initargs=(work, tasks)) as pool:
        for answer in each(pool, _do, range(len(tasks))):
            yield answer
            progress.add(share / len(tasks), what)


# What a process was started for: sent once, or not at all where processes begin as copies, instead of with every task.
_PREPARED: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []


def _prepare(work: Callable[[T], R], tasks: Sequence[T]) -> None:
    # A replay leaves nothing behind that refers to itself; looking through what was decoded costs a third of the time.
    gc.freeze()
    gc.disable()
    _PREPARED[:] = [(work, tasks)]


def _do(place: int) -> Any:
    work, tasks = _PREPARED[0]
    return work(tasks[place])


@contextmanager
def without_collector() -> Iterator[None]:
    """Half a million lines refer to nothing that refers to them; looking for that takes longer than reading them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
