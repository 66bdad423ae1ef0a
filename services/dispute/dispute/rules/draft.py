"""A decision while it is being written: the order as it will be, and what will be said, armed and recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from aftersales.contracts.dispute import DisputeState, DisputeStep
from aftersales.contracts.envelope import Event
from aftersales.decision import Append, Because, Boundary, Decision, Given, Move, Outcome, Source, SubjectRef, Timer
from aftersales.policy import calendar
from aftersales.policy.model import Policy
from aftersales.policy.parameters import iso_duration
from aftersales.rulebook import titles
from dispute.domain import states, transitions
from dispute.domain.dispute import Dispute
from dispute.domain.name import Name
from dispute.domain.order import Order
from dispute.domain.seller import Seller
from dispute.domain.subjects import name_ref, seller_ref
from dispute.rules.waits import waits

# When tracking stays silent the dispute helps itself (design, "who owns what").
PATIENCE_WITH_TRACKING: Final = timedelta(hours=1)
# Of two timers due at one instant the seller's answer comes first, then the others of the state, then escalation (4).
RANKS: Final = {transitions.ANSWER_DUE: 10, transitions.ESCALATION_DUE: 30, transitions.REFUND_ALARM: 90}
STATE_TIMERS: Final[Mapping[DisputeState, str]] = {
    states.AWAITING_SELLER: transitions.ANSWER_DUE,
    states.AWAITING_BUYER: transitions.CONFIRM_DUE,
    states.ARBITRATION_EVIDENCE: transitions.EVIDENCE_DUE,
    states.HELD_IN_TRANSIT: transitions.HOLD_DUE,
    states.RETURN_AWAITING_SHIPMENT: transitions.SHIP_RETURN_DUE,
    states.RETURN_IN_TRANSIT: transitions.CONFIRM_RETURN_DUE,
    states.ARBITRATION_REVIEW: transitions.REVIEW_DUE,
    states.PLATFORM_PROPOSED: transitions.PROPOSAL_DUE,
}


# Which parameter a deadline was counted from. An end of a hold is a promise.
PARAMETER_OF: Final = {
    transitions.ANSWER_DUE: "seller.response",
    transitions.ESCALATION_DUE: "escalate.auto_at",
    transitions.CONFIRM_DUE: "held.confirm",
    transitions.EVIDENCE_DUE: "arbitration.evidence_window",
    transitions.SHIP_RETURN_DUE: "return.ship_by",
    transitions.CONFIRM_RETURN_DUE: "return.seller_confirm",
    transitions.REVIEW_DUE: "arbitration.reassign_after",
    transitions.PROPOSAL_DUE: "arbitration.proposal_accept",
}


@dataclass(frozen=True, slots=True)
class No:
    """A guard said no. nothing: late, duplicate or wrong state, rather than forbidden.

    boundary: the nearest place at which it would have said yes, where one figure tells.
    """

    slug: str
    sentence: str
    nothing: bool = False
    boundary: Boundary | None = None


class Draft:
    """Collects what a rule decides about one order; `decision` turns it into the value the engine is handed.

    seller: the seller's account, where this decision may draw on it; None where it cannot.
    """

    def __init__(self, order: Order, given: Given) -> None:
        self.order = order
        self.given = given
        self.facts: dict[str, Any] = {}
        self.used: dict[str, Any] = {}
        self.sources: dict[str, Source] = {}
        self.amounts: dict[str, dict[str, Any]] = {}
        self.boundaries: list[Boundary] = []
        self._events: list[Event] = []
        self._timers: list[Timer] = []
        self._appends: list[Append] = []
        self._moves: list[Move] = []
        self._others: dict[SubjectRef, Any] = {}

    # -- what is known -------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.given.now

    @property
    def arrived_at(self) -> datetime:
        return self.given.arrived_at

    @property
    def policy(self) -> Policy:
        """The version that the order is pinned to."""
        return self.given.policies.named(self.order.known.policy)

    def parameter(self, name: str, starts_at: datetime | None = None) -> Any:
        """A parameter for what starts then (None: now), noted as something the decision rests on."""
        value = calendar.parameter(self.policy, name, starts_at or self.now, self.order.known.scope)
        self.used[name] = iso_duration(value) if isinstance(value, timedelta) else value
        return value

    def length(self, name: str, starts_at: datetime | None = None) -> timedelta:
        """A parameter that is a duration and cannot be switched off."""
        value = self.parameter(name, starts_at)
        assert isinstance(value, timedelta)
        return value

    def know(self, name: str, at: datetime, event: str, told_at: datetime | None = None) -> datetime:
        """Note an instant that the decision rests on, and the event that told of it; None: at that very instant."""
        self.facts[name] = at.isoformat()
        self.sources[name] = Source(event, told_at or at)
        return at

    def amount(self, name: str, value: int, formula: str, **figures: Any) -> None:
        """Note how an amount was computed: `formula` names the figures, all of them minor units."""
        self.amounts[name] = {"value": value, "formula": formula, **figures}

    def turns(self, turn: str, at: datetime | None = None, amount: int | None = None) -> None:
        """Note where the decision would have turned (`aftersales.explanation.TURNS`)."""
        self.boundaries.append(Boundary(turn, at, amount))

    def know_deadline(self, kind: str, dispute: Dispute, deadline: datetime) -> None:
        """Note a deadline of this kind, by the state that armed it, and the parameter that it was counted from."""
        of_escalation = kind == transitions.ESCALATION_DUE
        started_at = (dispute.clock_at or dispute.since) if of_escalation else dispute.since
        self.know("deadline", deadline, f"state {dispute.state}", started_at)
        if kind in PARAMETER_OF:
            self.parameter(PARAMETER_OF[kind], started_at)

    @property
    def seller(self) -> Seller:
        """The seller's account as this decision leaves it."""
        ref = seller_ref(self.order.known.seller)
        return self._others.get(ref) or self.given.others.get(ref) or Seller(self.order.known.seller)

    def is_taken(self, name: str) -> bool:
        """Whether the name is that of another order's dispute."""
        known: Name | None = self.given.others.get(name_ref(name))
        return known is not None and known.order != self.order.id

    # -- what is written -----------------------------------------------------------------------------------------------

    def keep(self, dispute: Dispute) -> Dispute:
        self.order = self.order.keeping(dispute)
        return dispute

    def keep_seller(self, seller: Seller) -> None:
        self._others[seller_ref(seller.id)] = seller

    def keep_name(self, dispute: str) -> None:
        self._others[name_ref(dispute)] = Name(self.order.id)

    def say(self, event: Event) -> None:
        self._events.append(event)

    def append(self, table: str, row: Mapping[str, Any]) -> None:
        self._appends.append(Append(table, row))

    def arm(self, kind: str, due: datetime, dispute: Dispute, *, party: bool = True, **data: str) -> None:
        """Wake this order at `due`, about what `data` names; it is found outlived if that has changed by then."""
        about = {"dispute": dispute.id, **data}
        self._timers.append(Timer(kind, due, RANKS.get(kind, 20), party, about))

    def move(
        self, dispute: Dispute, to: DisputeState, number: str, deadline: datetime | None = None, **changes: Any
    ) -> Dispute:
        """To another state, or anew into the same, by the transition of this number; the state's timer is armed."""
        before = self.order.disputes[dispute.id].state if dispute.id in self.order.disputes else None
        self._moves.append(Move(dispute.id, before, to, number))
        moved = replace(dispute, state=to, since=self.now, deadline=deadline, armed_at=None, **changes)
        self.arm_deadline(moved)
        return self.keep(moved)

    def arm_deadline(self, dispute: Dispute) -> None:
        """Wake this order at the deadline of the dispute's state, where it has one and a timer of ours ends it."""
        deadline = dispute.deadline
        if deadline is None:
            return
        if dispute.state in STATE_TIMERS:
            self.arm(STATE_TIMERS[dispute.state], deadline, dispute, deadline=deadline.isoformat())
        if dispute.state == states.HELD_IN_TRANSIT:
            late = deadline + PATIENCE_WITH_TRACKING
            self.arm(transitions.HOLD_OVERDUE, late, dispute, deadline=deadline.isoformat())

    def arm_escalation(self, dispute: Dispute) -> None:
        """Wake this order at the automatic escalation, where one runs."""
        if dispute.auto_at is not None:
            self.arm(transitions.ESCALATION_DUE, dispute.auto_at, dispute, deadline=dispute.auto_at.isoformat())

    def tell(self, step: type[DisputeStep], dispute: Dispute, **more: Any) -> Dispute:
        """Say a step of a dispute; steps are counted without gaps."""
        told = self.keep(replace(dispute, step=dispute.step + 1))
        terms = self.order.known
        self.say(
            step(
                order=self.order.id,
                dispute=told.id,
                buyer=terms.buyer,
                seller=terms.seller,
                step=told.step,
                at=self.now,
                state=told.state,
                reason=told.reason,
                currency=terms.currency,
                deadline=told.due_at,
                waits=waits(told),
                policy=terms.policy,
                **more,
            )
        )
        return told

    def because(self, number: str) -> Because:
        """A transition's number, with everything that was noted on the way."""
        return self._because(f"transition {number}")

    def why(self) -> Because:
        """Of a fact: the first transition it led to, or that it is a fact."""
        return self.because(self._moves[0].transition) if self._moves else self._because("fact")

    def because_not(self, no: No, number: str | None) -> Because:
        """A refusal, with the transition that it would have been; None where the table has none."""
        self.boundaries = [no.boundary] if no.boundary else []
        return self._because(f"refused: {no.slug}", titles.TITLES[number].name if number else None)

    def _because(self, rule: str, title: str | None = None) -> Because:
        policy = self.order.terms.policy if self.order.terms else None
        turns = tuple(self.boundaries)
        return Because(rule, self.facts, self.used, policy, title, self.sources, self.amounts, turns)

    def decision(self, because: Because, dispute: Dispute | None = None) -> Decision:
        """What the engine keeps; `dispute` is what an HTTP caller is told of."""
        return Decision(
            state=self.order,
            events=tuple(self._events),
            timers=tuple(self._timers),
            appends=tuple(self._appends),
            moves=tuple(self._moves),
            others=self._others,
            because=because,
            answer=answer(self.order, dispute) if dispute else None,
        )


def foreign(source: str, given: Given) -> Decision:
    """Somebody speaks of an order that another marketplace placed."""
    sentence = f"The order was placed by {source}; {given.source} cannot speak of it."
    return Decision(outcome=Outcome.DEAD_LETTER, slug="foreign-source", sentence=sentence)


def answer(order: Order, dispute: Dispute) -> Mapping[str, Any]:
    due = dispute.due_at
    return {
        "dispute": dispute.id,
        "order": order.id,
        "state": dispute.state,
        "deadline": due.isoformat() if due else None,
        "step": dispute.step,
    }
