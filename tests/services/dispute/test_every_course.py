"""Whatever is said, repeated, reordered or falls due, on a real database: what must hold of disputes holds.

hypothesis tells the courses and shrinks one that breaks something to the shortest.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from aftersales.contracts.arbitration import CaseRuled
from aftersales.contracts.dispute import DisputeStep, RefundOrdered
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    ChargebackLost,
    ChargebackOpened,
    ChargebackWon,
    ComplaintMade,
    PartyChanged,
    Plan,
    PlanAccepted,
    PlanChanged,
    PlanRefused,
    RefundExecuted,
    RefundFailed,
    ReturnShipped,
)
from aftersales.runtime.migrate import migrate
from aftersales_local import postgres as databases
from dispute.domain import states, transitions
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import BUYER, DAY, PROMISED, SECOND, SELLER
from tests.rules.dispute.world import executed
from tests.services.dispute.court import Court
from tests.services.dispute.said import WORDS

ORDERS: Final = ("O1", "O2")
EXAMPLES: Final = 25
TRANSITIONS_REACHED: Final = 10
# The platform's waits have their timers at the desk; a payment is retried and watched, its alarm may have rung.
WAITS_ELSEWHERE: Final = {
    states.ARBITRATION_REVIEW,
    states.SERVICE_REVIEW,
    states.APPEAL_REVIEW,
    states.REFUND_PENDING,
}
DISPUTES: Final = "select * from disputes order by dispute"
NEXT_DUE: Final = "select coalesce(min(due), app_now()) as due from timers"
STATES: Final = "select id, version, state, paid, refunded from orders order by id"
VERSIONS: Final = """
    select subject from history group by subject
    having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)
"""
UNBALANCED: Final = "select journal_id from journal group by journal_id, currency having sum(amount) <> 0"
RESOLVED_TWICE: Final = "select dispute from resolution group by dispute having count(*) > 1"
MOVES: Final = "select moves from history where moves is not null order by at, subject, version"
TIMERS: Final = "select distinct data ->> 'dispute' as dispute from timers where due >= app_now()"


ORDER = st.sampled_from(ORDERS)
NAME = st.sampled_from(["A", "A", "A", "B"])
PARTY = st.sampled_from([BUYER, SELLER])
AMOUNT = st.sampled_from([0, 1, 999, 2000, 4197, 4198, 4199, 50_000])
UNITS = st.sampled_from([{"L1": (1,)}, {"L1": (1, 2)}, {"L2": (1, 2, 3)}, {"L1": (2,), "L2": (2,)}])
REASONS = st.sampled_from(
    ["SNAD_QUALITY", "SNAD_COUNTERFEIT", "SNAD_DAMAGED", "INR_IN_TRANSIT", "INR_OVERDUE", "BUY_CHANGED_MIND",
     "LATE_COMPENSATION", "SVC_PROMISE_BROKEN"]
)  # fmt: skip
REMEDY = st.sampled_from(["refund", "return"])
PAUSES = st.sampled_from([timedelta(0), SECOND, timedelta(hours=7), DAY, 3 * DAY - SECOND, 3 * DAY, 5 * DAY, 11 * DAY])


class Course(RuleBasedStateMachine):
    court: Court

    @initialize(deposit=AMOUNT)
    def two_orders_of_one_seller(self, deposit: int) -> None:
        self.court.opens()
        lines = (say.a_line(), say.a_line("L2", 3, 700))
        for order in ORDERS:
            self.court.hears(say.an_order(order=order, lines=lines), say.shipped(order=order))
        self.court.hears(PartyChanged(party=SELLER, role="seller", deposit=deposit, return_address="CN"))
        want = Plan(remedy="return", amount=2000)
        self.court.hears(say.not_received(**self._dispute("O1", "A")))
        self.court.hears(say.a_complaint(**self._dispute("O2", "A"), units={"L1": (1,)}, want=want))

    def teardown(self) -> None:
        self.court.closes()

    def _dispute(self, order: str, name: str) -> dict[str, str]:
        return {"order": order, "dispute": f"{order}-{name}"}

    @rule(data=st.data())
    def what_the_table_has_next(self, data: st.DataObject) -> None:
        """Of some dispute; chance alone would seldom get beyond the negotiation."""
        found, rows = data.draw(st.sampled_from([(one, _next(one["state"])) for one in self.court.rows(DISPUTES)]))
        if not rows:
            return
        row = data.draw(st.sampled_from(rows))
        if isinstance(row.what, str):
            self.court.to(self.court.rows(NEXT_DUE)[0]["due"])
        else:
            by = SELLER if data.draw(st.sampled_from(row.by)) == "seller" else BUYER
            self._say(row.what, found["order_id"], found["dispute"].rpartition("-")[2], by, data)

    def _say(self, what: type[Event], order: str, name: str, by: str, data: st.DataObject) -> None:
        about, amount = self._dispute(order, name), data.draw(AMOUNT)
        if what is PlanAccepted:
            self.accept(order, name, by)
        elif what is PlanRefused:
            self.refuse(order, name, by, amount)
        elif what is PlanChanged:
            self.change_plan(order, name, amount, data.draw(REMEDY), data.draw(st.none() | REASONS))
        elif what is CaseRuled:
            self.rule_on_it(order, name, amount, 0, data.draw(st.booleans()))
        elif what is ReturnShipped:
            self.send_the_goods_back(order, name, amount)
        elif what in (RefundExecuted, RefundFailed):
            self.the_provider_answers(what is RefundExecuted, final=False)
        elif what in WORDS:
            self.court.hears(WORDS[what](by, about))

    @rule(order=ORDER, name=NAME, units=UNITS, reason=REASONS, amount=AMOUNT, remedy=REMEDY)
    def complain(self, order: str, name: str, units: Any, reason: str, amount: int, remedy: Any) -> None:
        want = Plan(remedy=remedy, amount=amount)
        self.court.hears(say.a_complaint(**self._dispute(order, name), units=units, reason=reason, want=want))

    @rule(order=ORDER, name=NAME, amount=AMOUNT, remedy=REMEDY, reason=st.none() | REASONS)
    def change_plan(self, order: str, name: str, amount: int, remedy: Any, reason: str | None) -> None:
        want = Plan(remedy=remedy, amount=amount)
        self.court.hears(say.command(PlanChanged, **self._dispute(order, name), want=want, reason=reason))

    @rule(order=ORDER, name=NAME, by=PARTY)
    def accept(self, order: str, name: str, by: str) -> None:
        self.court.hears(say.accepted(by, **self._dispute(order, name), return_address="CN"))

    @rule(order=ORDER, name=NAME, by=PARTY, counter=st.none() | AMOUNT)
    def refuse(self, order: str, name: str, by: str, counter: int | None) -> None:
        self.court.hears(say.a_refusal(counter, by, **self._dispute(order, name)))

    @rule(order=ORDER, name=NAME, by=PARTY, what=st.sampled_from(sorted(WORDS, key=lambda word: word.TYPE)))
    def speak(self, order: str, name: str, by: str, what: type[Event]) -> None:
        self.court.hears(WORDS[what](by, self._dispute(order, name)))

    @rule(order=ORDER, name=NAME, freight=AMOUNT)
    def send_the_goods_back(self, order: str, name: str, freight: int) -> None:
        self.court.hears(say.return_shipped(freight, **self._dispute(order, name)))

    @rule(order=ORDER, name=NAME, refund=AMOUNT, compensation=st.sampled_from([0, 7996]), back=st.booleans())
    def rule_on_it(self, order: str, name: str, refund: int, compensation: int, back: bool) -> None:
        about = {**self._dispute(order, name), "case": f"{order}-{name}", "ruling": f"R-{uuid4().hex}"}
        remedy = "return" if back else "refund"
        self.court.hears(say.a_ruling(self.court.now, **about, refund=refund, compensation=compensation, remedy=remedy))

    @rule(order=ORDER, status=st.sampled_from(["in_transit", "delivered", "lost", "customs_hold", "returned"]))
    def scan(self, order: str, status: str) -> None:
        at = min(self.court.now, PROMISED - DAY)
        facts = {
            "in_transit": say.in_transit(at, order=order),
            "delivered": say.delivered(at, order=order),
        }
        self.court.hears(facts.get(status) or say.anomalous(status, at, order=order))

    @rule(order=ORDER)
    def confirm_the_receipt(self, order: str) -> None:
        self.court.hears(say.receipt(self.court.now, order=order))

    @rule(order=ORDER, what=st.sampled_from(["opened", "won", "lost"]))
    def charge_back(self, order: str, what: str) -> None:
        words: dict[str, Event] = {
            "opened": ChargebackOpened(order=order, amount=100, opened_at=self.court.now),
            "won": ChargebackWon(order=order, ended_at=self.court.now),
            "lost": ChargebackLost(order=order, ended_at=self.court.now),
        }
        self.court.hears(words[what])

    @rule(pays=st.booleans(), final=st.booleans())
    def the_provider_answers(self, pays: bool, final: bool) -> None:
        answers: list[Event] = []
        for ordered in (said for said in self.court.said() if isinstance(said, RefundOrdered)):
            about = {"order": ordered.order, "dispute": ordered.dispute, "instruction": ordered.instruction}
            failed = RefundFailed(**about, failed_at=self.court.now, final=final)
            answers.append(executed(ordered, self.court.now) if pays else failed)
        if answers:
            self.court.hears(*answers)

    @rule(data=st.data())
    def what_was_said_comes_again_in_another_order(self, data: st.DataObject) -> None:
        names = data.draw(st.lists(st.sampled_from(sorted(self.court.names)), max_size=5))
        before = self.court.rows(STATES), self.court.rows(DISPUTES)
        court = self.court
        court.run(court.open.unit.run([court.open.cause(court.names[name], name, None) for name in names]))
        assert (court.rows(STATES), court.rows(DISPUTES)) == before

    @rule(pause=PAUSES)
    def time_passes(self, pause: timedelta) -> None:
        self.court.to(self.court.now + pause)

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_parked_or_set_aside(self) -> None:
        assert not self.court.rows("select subject, reason from parked")
        assert not self.court.rows("select reason from dead_letter")

    @invariant()
    def one_open_dispute_a_line(self) -> None:
        for row in self.court.rows(STATES):
            lines = [
                line
                for dispute in orjson.loads(row["state"])["disputes"].values()
                if dispute["state"] in states.OPEN
                for line in dispute["units"]
            ]
            assert len(lines) == len(set(lines))

    @invariant()
    def money_is_sound(self) -> None:
        assert all(0 <= row["refunded"] <= row["paid"] for row in self.court.rows(STATES))
        assert not self.court.rows(UNBALANCED)
        assert not self.court.rows(RESOLVED_TWICE)

    @invariant()
    def versions_and_steps_have_no_gaps(self) -> None:
        assert not self.court.rows(VERSIONS)
        steps: dict[str, list[int]] = {}
        for said in self.court.said():
            if isinstance(said, DisputeStep):
                steps.setdefault(said.dispute, []).append(said.step)
        assert all(found == list(range(1, len(found) + 1)) for found in steps.values())

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        """So a final state is final, but for an appeal and a reopening."""
        for row in self.court.rows(MOVES):
            for _dispute, before, after, number in orjson.loads(row["moves"]):
                assert _legal(before, after, number), (before, after, number)
                self.court.reached.add(number)

    @invariant()
    def no_deadline_without_an_owner(self) -> None:
        told = {said.dispute: said for said in self.court.said() if isinstance(said, DisputeStep)}
        for row in self.court.rows(DISPUTES):
            owned = told[row["dispute"]].waits or row["state"] in (states.HELD_IN_TRANSIT, *WAITS_ELSEWHERE)
            assert row["deadline"] is None or owned, (row["dispute"], row["state"])

    @invariant()
    def every_open_dispute_has_a_timer_that_ends_its_wait(self) -> None:
        """While a chargeback is open, its end does (rulebook 8.20)."""
        timed = {row["dispute"] for row in self.court.rows(TIMERS)}
        frozen = {row["id"] for row in self.court.rows(STATES) if "chargeback_at" in orjson.loads(row["state"])}
        for row in self.court.rows(DISPUTES):
            ends = row["state"] in (*states.CLOSED, *WAITS_ELSEWHERE) or row["dispute"] in timed
            assert ends or row["order_id"] in frozen, (row["dispute"], row["state"])


def _next(state: str) -> list[transitions.Transition]:
    return [row for row in transitions.TRANSITIONS if state in row.sources and row.what is not ComplaintMade]


def _legal(before: str | None, after: str, number: str) -> bool:
    return any(row.number == number and before in row.sources and after in row.to for row in transitions.TRANSITIONS)


@pytest.fixture
def court(postgres_server: str) -> Iterator[Court]:
    loop = asyncio.new_event_loop()
    template = databases.fresh_name("test")
    loop.run_until_complete(databases.ensure_databases(postgres_server, (template,)))
    migrate("dispute", databases.with_database(postgres_server, template))
    made = Court(postgres_server, template, loop)
    yield made
    made.closes()
    loop.run_until_complete(databases.drop_databases(postgres_server, (template,)))
    loop.close()


def test_no_course_breaks_what_must_hold(court: Court) -> None:
    here = type("Course", (Course,), {"court": court})
    quick = settings(
        max_examples=EXAMPLES,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(here, settings=quick)
    assert len(court.reached) >= TRANSITIONS_REACHED, "the courses are too tame to prove anything"
