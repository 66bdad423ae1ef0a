"""A history read out of real databases: what the services keep is enough to judge their orders again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aftersales.errors import Failure
from aftersales.identity import Actor, Role
from aftersales_local import state
from aftersales_local.state import Stack
from aftersales_local.whatif.lines import Told, read
from aftersales_local.whatif.progress import Progress
from aftersales_local.whatif.report import written
from aftersales_local.whatif.scan import Span
from aftersales_local.whatif.tables import export
from aftersales_local.whatif.work import Job, run
from arbitration.domain.commands import RulingMade
from arbitration.handlers import SERVICE as ARBITRATION
from dispute.handlers import SERVICE as DISPUTE
from order_tracking.handlers import SERVICE as ORDER_TRACKING
from tests.support.served import Served, served
from tests.whatif import histories
from tests.whatif.histories import DAY, OPENED, STANDARD, complaint, order, policy, says

NAMED = {"order-tracking": ORDER_TRACKING, "dispute": DISPUTE, "arbitration": ARBITRATION}
Services = dict[str, Served]


@pytest.fixture
async def stack(make_database: Callable[[], Awaitable[str]]) -> Stack:
    return Stack(state.me(), ready=True, databases={name: await make_database() for name in NAMED})


@pytest.fixture
async def services(stack: Stack, tmp_path: Path) -> AsyncIterator[Services]:
    async with AsyncExitStack() as opened:
        yield {
            name: await opened.enter_async_context(served(service, (), stack.databases[name], tmp_path))
            for name, service in NAMED.items()
        }


async def happens(services: Services, at: datetime, lines: Iterable[bytes]) -> None:
    """Each service hears what it has a rule for, under its own clock."""
    for service in services.values():
        await service.clock(at)
    for told in filter(None, map(read, lines)):
        for service in services.values():
            if service.service.on_event(type(told.event)) is not None:
                kept = told.event.TOPIC in service.service.commands
                causes = service._causes(told.event, told.source, told.id)
                await service.parts.unit.run([replace(cause, keep_body=kept) for cause in causes])


async def test_orders_of_a_running_stack_are_judged_again(services: Services, stack: Stack, tmp_path: Path) -> None:
    """As `test_an_answer_after_four_days_is_late_under_three`, with an agent who finds severe quality."""
    deposit = histories.said("marketplace.party_changed", OPENED - 30 * DAY, party="S1", role="seller", deposit=500)
    await happens(services, OPENED - 2 * DAY, [deposit, *order()])
    await happens(services, OPENED, [complaint()])
    await happens(services, OPENED + 4 * DAY, [says("plan_refused", OPENED + 4 * DAY, by="S1")])
    found = RulingMade(case="D-O1", agent="kim", seen=1, findings={"quality": "severe"})
    await services["arbitration"].clock(OPENED + 11 * DAY)
    desk = services["arbitration"].parts.unit
    await desk.command(found, actor=Actor(Role.AGENT, "kim"), key="1", may=frozenset({Role.AGENT}), route="rule")
    await happens(services, OPENED + 40 * DAY, [says("evidence_added", OPENED + 40 * DAY, evidence=["photo"])])

    path = tmp_path / "history.ndjson"
    await export(stack, path)
    job = Job(path, STANDARD, policy(seller__response="P3D"), Span())
    with Progress("reading", 100) as progress:
        run(job, progress)
    [one] = written(job, 0)["most_changed"]
    assert (one["before"]["outcome"], one["before"]["rule"]) == ("refunded, arbitration", "R17")
    assert one["before"]["money"] == {"refund": 1849, "escrow": 1849}
    assert one["after"]["money"] == {"refund": 2000, "escrow": 2000}
    assert one["before"]["closed_at"] == "2025-05-12T09:00:00Z"


async def test_every_kept_event_is_exported_once(services: Services, stack: Stack, tmp_path: Path) -> None:
    await happens(services, OPENED, [*order(), *order(), complaint(), complaint()])
    path = tmp_path / "history.ndjson"
    await export(stack, path)
    told: list[Told] = [one for line in path.read_bytes().splitlines() if (one := read(line))]
    assert sorted(one.event.name() for one in told) == [
        "carrier.parcel_scanned",
        "marketplace.complaint_made",
        "marketplace.order_placed",
        "marketplace.parcel_shipped",
    ]


async def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    gone = Stack(state.me(), databases={"dispute": "postgresql://nobody@127.0.0.1:1/none"})
    with pytest.raises(Failure, match="The database of dispute does not answer"):
        await export(gone, tmp_path / "history.ndjson")
