"""A tiny service to run the engine on: accounts with deposits, a deadline, and a ledger.

Rules: `deposit` adds up and announces the balance; `promise` arms a deadline until which a deposit must come;
`deadline` marks the account overdue unless one came in time. Amounts have meanings for the tests: see `deposit`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from aftersales.contracts.envelope import Amount, Event, Id, Instant
from aftersales.decision import (
    Append,
    Because,
    Decision,
    Given,
    Move,
    Outcome,
    SubjectRef,
    Timer,
    TimerFired,
    nothing,
    refused,
)
from aftersales.errors import Failure
from aftersales.service import Kind, On, OnTimer, Service, View

RAISES: Final = 666  # the rule has a bug for this amount
UNKNOWN_POLICY: Final = 667  # the rule asks for a policy that nobody has
BREAKS_A_CONSTRAINT: Final = 13  # the ledger's CHECK refuses it
NOT_STORABLE: Final = 14  # the ledger's column cannot hold what the rule makes of it
FOREIGN: Final = 15  # not ours to judge
FILLS_THE_ROW: Final = 17  # the state would be larger than a row may be
OF_THE_WRONG_TYPE: Final = 18  # the rule makes a word for the ledger's column of numbers
TOO_BIG: Final = 16  # announces a record over 200 KiB

TABLES: Final = """
    create table account (
        id text primary key, version bigint not null, state jsonb, balance bigint not null default 0
    );
    create table bank (id text primary key, version bigint not null, state jsonb);
    create table standing (account text primary key, balance bigint not null, overdue boolean not null);
    create table ledger (
        cause uuid not null, account text not null, amount bigint not null check (amount <> 13), small smallint
    );
"""


@dataclass(frozen=True, slots=True)
class Account:
    owner: str
    balance: int = 0
    deposits: int = 0
    due: datetime | None = None
    overdue: bool = False
    bank: str | None = None

    @property
    def buyer(self) -> str:
        return self.owner

    @property
    def seller(self) -> str:
        return f"not-{self.owner}"


@dataclass(frozen=True, slots=True)
class Bank:
    total: int = 0


class ToyEvent(Event):
    account: Id

    @property
    def key(self) -> str:
        return self.account


class Deposited(ToyEvent):
    amount: Amount
    note: str | None = None


class Promised(ToyEvent):
    """A deposit will come until `until`."""

    until: Instant


class Joined(ToyEvent):
    """The account's deposits count for a bank from now on."""

    bank: Id


class Spread(ToyEvent):
    """One record for several accounts."""

    accounts: tuple[Id, ...]


class BalanceChanged(ToyEvent):
    balance: int
    filling: str | None = None


@dataclass(frozen=True, slots=True)
class Toy:
    """The service and its vocabulary, on topics of one test alone."""

    service: Service
    commands: str
    balances: str
    deposited: type[Deposited]
    promised: type[Promised]
    joined: type[Joined]
    spread: type[Spread]


def deposit(state: Account | None, said: Deposited, given: Given) -> Decision:
    account = state or Account(owner=said.account)
    match said.amount:
        case 0:
            return refused("nothing-given", "A deposit of nothing is refused.")
        case 1:
            return nothing("too-little", "One is too little to be counted.")
        case 666:
            raise RuntimeError("a bug of ours")
        case 667:
            raise Failure("The policy none@1#00000000 is not known here.")
        case 15:
            return Decision(outcome=Outcome.DEAD_LETTER, slug="foreign-source", sentence="Another source speaks of it.")
    if said.amount == FILLS_THE_ROW:
        return Decision(state=replace(account, bank="x" * 70_000))
    new = replace(account, balance=account.balance + said.amount, deposits=account.deposits + 1)
    if new.due is not None and given.arrived_at < given.extended(new.due):
        new = replace(new, due=None)
    others = {}
    if new.bank is not None:
        bank = SubjectRef("bank", new.bank)
        others[bank] = Bank((given.others[bank] or Bank()).total + said.amount)
    filling = "x" * 300_000 if said.amount == TOO_BIG else None
    changed = _balance_event(said)(account=said.account, balance=new.balance, filling=filling)
    row = {"cause": given.cause, "account": said.account, "amount": said.amount}
    small = {NOT_STORABLE: 100_000, OF_THE_WRONG_TYPE: "many"}.get(said.amount)
    return Decision(
        state=new,
        events=(changed,),
        appends=(Append("ledger", row if small is None else {**row, "small": small}),),
        moves=(Move("account", "open", "open", "1"),),
        others=others,
        because=Because(rule="deposit", facts={"amount": said.amount}),
        answer={"balance": new.balance},
    )


def promise(state: Account | None, said: Promised, given: Given) -> Decision:
    account = state or Account(owner=said.account)
    return Decision(state=replace(account, due=said.until), timers=(Timer("deadline", said.until),))


def deadline(state: Account | None, fired: TimerFired, given: Given) -> Decision:
    if state is None or state.due is None:
        return nothing("came-in-time", "The deposit came in time.")
    if given.now < (extended := given.extended(state.due)):
        return Decision(timers=(Timer("deadline", extended),), slug="extended")
    return Decision(state=replace(state, overdue=True, due=None), timers=(Timer("dunning", given.now, party=False),))


def dunning(state: Account | None, fired: TimerFired, given: Given) -> Decision:
    return nothing("dunned", "The owner was reminded.")


def join(state: Account | None, said: Joined, given: Given) -> Decision:
    return Decision(state=replace(state or Account(owner=said.account), bank=said.bank))


def touch(state: Account | None, said: Spread, given: Given) -> Decision:
    return Decision(state=replace(state or Account(owner="spread"), deposits=(state.deposits if state else 0) + 1))


def bank_of(state: Account | None, event: Any) -> tuple[SubjectRef, ...]:
    return (SubjectRef("bank", state.bank),) if state is not None and state.bank is not None else ()


def account_of(event: ToyEvent) -> tuple[SubjectRef, ...]:
    return (SubjectRef("account", event.account),)


_announcers: dict[str, type[BalanceChanged]] = {}


def _balance_event(said: ToyEvent) -> type[BalanceChanged]:
    return _announcers[said.TOPIC]


@contextmanager
def toy(commands: str, balances: str) -> Iterator[Toy]:
    """The toy on these topics. Its words leave the vocabulary at once: other tests look at that."""
    known = dict(Event.vocabulary)

    def word(base: Any, name: str, topic: str) -> Any:
        return type(base.__name__, (base,), {"TYPE": f"toy.{name}.v1", "TOPIC": topic, "__module__": __name__})

    words: Mapping[str, Any] = {
        base.__name__.lower(): word(base, base.__name__.lower(), commands)
        for base in (Deposited, Promised, Joined, Spread)
    }
    _announcers[commands] = word(BalanceChanged, "balance_changed", balances)
    Event.vocabulary.clear()
    Event.vocabulary.update(known)
    service = Service(
        name="toy",
        kinds=(
            Kind(
                "account",
                "account",
                Account,
                columns=lambda state: {"balance": state.balance},
                views=(View("standing", ("account",), _standing),),
            ),
            Kind("bank", "bank", Bank),
        ),
        rules=(
            On(words["deposited"], account_of, deposit, also=bank_of),
            On(words["promised"], account_of, promise),
            On(words["joined"], account_of, join),
            On(words["spread"], lambda said: tuple(SubjectRef("account", each) for each in said.accounts), touch),
            OnTimer("deadline", deadline),
            OnTimer("dunning", dunning),
        ),
        commands=frozenset({commands}),
    )
    yield Toy(service, commands, balances, **words)
    del _announcers[commands]


def _standing(account: str, state: Account) -> list[Mapping[str, Any]]:
    return [{"account": account, "balance": state.balance, "overdue": state.overdue}]


def fresh_id() -> UUID:
    return uuid4()
