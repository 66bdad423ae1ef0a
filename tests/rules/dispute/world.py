"""The rules in memory: what is said is decided, timers fire when their instant comes, the provider pays at once."""

import dataclasses
import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final

import msgspec

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.escrow import EscrowReleased
from aftersales.contracts.marketplace import RefundExecuted
from aftersales.decision import Append, Decision, Given, Move, Outage, Outcome, SubjectRef, Timer, TimerFired
from aftersales.identity import Actor, cause_id
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import load_book
from dispute.domain.dispute import Dispute
from dispute.domain.order import Order
from dispute.domain.seller import Seller
from dispute.handlers import SERVICE
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, a_complaint, an_order, delivered, in_transit, shipped
from tests.support.written import is_written_well

MARKET: Final = "market"
# The window to open of a_world() has ended; and long enough for everything else.
WINDOW_ENDS: Final = PROMISED + 15 * DAY
FOR_ALL: Final = 400 * DAY
SOURCES: Final = {"tracking.parcels": "order_tracking", "arbitration.cases": "arbitration"}


@dataclass
class World:
    """`pays`: the payment provider executes every refund at the instant it is ordered."""

    policies: PolicyBook = field(default_factory=load_book)
    pays: bool = True
    outages: tuple[Outage, ...] = ()
    now: datetime = OPENED
    states: dict[SubjectRef, Any] = field(default_factory=dict)
    said: list[Event] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    appends: list[Append] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    _timers: list[tuple[datetime, int, int, Timer, SubjectRef]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    # -- what happens --------------------------------------------------------------------------------------------------

    def hear(
        self,
        event: Event,
        at: datetime | None = None,
        *,
        source: str | None = None,
        actor: Actor | None = None,
        arrived_at: datetime | None = None,
    ) -> Decision:
        """One record or request `at` an instant; everything due up to then has fired before."""
        if at is not None:
            self.until(at)
        return self._hear(event, source, actor, arrived_at)

    def _hear(
        self, event: Event, source: str | None, actor: Actor | None = None, arrived_at: datetime | None = None
    ) -> Decision:
        on = SERVICE.on_event(type(event))
        assert on is not None
        decision = Decision()
        said_by = source or (actor.source if actor else SOURCES.get(event.TOPIC, MARKET))
        for ref in on.subjects(event):
            state = self._stored(ref)
            given = Given(
                now=self.now,
                arrived_at=arrived_at or self.now,
                cause=cause_id(said_by, str(next(self._numbers))),
                policies=self.policies,
                source=said_by,
                actor=actor,
                outages=self.outages,
                others={other: self._stored(other) for other in on.also(state, event)},
            )
            decision = on.decide(state, event, given)
            self._keep(ref, decision)
        return decision

    def until(self, at: datetime) -> "World":
        """Fire what is due up to and including `at`, in the order of the rulebook."""
        while self._timers and self._timers[0][0] <= at:
            due, _, _, timer, ref = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            self._fire(timer, ref)
        self.now = max(self.now, at)
        return self

    def _fire(self, timer: Timer, ref: SubjectRef) -> None:
        on = SERVICE.on_timer(timer.kind)
        assert on is not None
        state = self._stored(ref)
        fired = TimerFired(timer.kind, timer.due, ref, timer.data)
        given = Given(
            now=self.now,
            arrived_at=timer.due,
            cause=cause_id("timer", str(next(self._numbers))),
            policies=self.policies,
            outages=self.outages,
            others={other: self._stored(other) for other in on.also(state, fired)},
        )
        self._keep(ref, on.decide(state, fired, given))

    def _stored(self, ref: SubjectRef) -> Any:
        """The state as it comes back from its row."""
        state = self.states.get(ref)
        kind = next(kind for kind in SERVICE.kinds if kind.name == ref.kind)
        return None if state is None else msgspec.json.decode(msgspec.json.encode(state), type=kind.state)

    def _keep(self, ref: SubjectRef, decision: Decision) -> None:
        assert is_written_well(decision)
        self.decisions.append(decision)
        if decision.outcome is Outcome.DEAD_LETTER:
            return
        for subject, state in {ref: decision.state, **decision.others}.items():
            if state is not None:
                self.states[subject] = state
                kind = next(kind for kind in SERVICE.kinds if kind.name == subject.kind)
                kind.columns(state)
                for view in kind.views:
                    list(view.rows(subject.id, state))
        for timer in decision.timers:
            entry = (timer.due, timer.rank, next(self._numbers), timer, timer.subject or ref)
            heapq.heappush(self._timers, entry)
        self.moves.extend(decision.moves)
        self.appends.extend(decision.appends)
        self.said.extend(decision.events)
        for event in decision.events:
            if self.pays and isinstance(event, RefundOrdered):
                self._hear(executed(event, self.now), MARKET)

    # -- what can be seen ----------------------------------------------------------------------------------------------

    @property
    def order(self) -> Order:
        order: Order = self.states[SubjectRef("order", "O1")]
        return order

    def dispute(self, dispute: str = "D1") -> Dispute:
        return self.order.disputes[dispute]

    @property
    def seller(self) -> Seller:
        seller: Seller = self.states[SubjectRef("seller", "shop")]
        return seller

    def seller_debts(self) -> list[int]:
        account: Seller | None = self.states.get(SubjectRef("seller", "shop"))
        return [debt.amount for debt in account.debts] if account else []

    def told(self, event: type[Event]) -> list[Any]:
        return [one for one in self.said if isinstance(one, event)]

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        return [append.row for append in self.appends if append.table == table]


def executed(ordered: RefundOrdered, at: datetime) -> RefundExecuted:
    return RefundExecuted(
        order=ordered.order,
        dispute=ordered.dispute,
        instruction=ordered.instruction,
        amount=ordered.total,
        executed_at=at,
    )


def a_world(*facts: Event, order: Event | None = None, **settings: Any) -> World:
    """O1 placed, shipped and, unless other facts are named, delivered; it is the instant just before the opening."""
    world = World(**settings)
    world.now = OPENED
    for fact in (order or an_order(), *(facts or (shipped(), in_transit(), delivered()))):
        world.hear(fact)
    return world


def opened(**differs: Any) -> World:
    """A quality dispute over both units, asking 20.00, at `OPENED`."""
    world = a_world()
    decision = world.hear(a_complaint(**differs), OPENED)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def slug(decision: Decision) -> str | None:
    return None if decision.outcome is Outcome.APPLIED else decision.slug


def with_policy(world: World, **changes: Any) -> World:
    """The same world under one other policy, the only one it knows."""
    standard = world.policies.in_force(OPENED)
    return dataclasses.replace(world, policies=PolicyBook([dataclasses.replace(standard, **changes)]))


def released(world: World) -> list[tuple[datetime, int, int]]:
    """When escrow was released, how much of it, and what of it paid debts."""
    return [(told.at, told.amount, told.collected) for told in world.told(EscrowReleased)]
