"""The page of rules: states, transitions, rulings, reasons, parameters, in the words of the tables they are from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aftersales.explanation import happening
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.parse import PROFILES, STANDARD, policy_of
from aftersales.policy.words import differences, spoken
from aftersales.rulebook.reasons import REASONS
from aftersales.rulebook.titles import TITLES
from aftersales_local.rules_page.diagrams import DIAGRAMS, diagram
from arbitration.rules.table import REPLACEMENTS, ROWS, WAIT_FOR_THE_PROMISE, Row
from arbitration.rules.terms import rejected, rejected_as_in_time
from dispute.domain import states
from dispute.domain.transitions import TRANSITIONS, Transition
from dispute.rules.draft import PARAMETER_OF, STATE_TIMERS

HEAD: Final = """\
# The rules

What the system decides, written by `python -m aftersales_local.rules_page` from the tables that decide it; a test
compares. The numbers of transitions and rulings are those that every decision names. Amounts and times are parameters
of a policy; those of the shipped `standard` are shown, `aftersales policy show` shows any other.
"""
WAITS: Final = """
Automatic escalation (`escalate.auto_at`) runs beside the deadline while the parties negotiate; in `AWAITING_BUYER` it
is the deadline, unless the buyer is asked to confirm a delivery. The platform's own waits run at its desk:
`arbitration.fallback_after`, `service.review`, `appeal.review`.
"""
# Where a rule is from is for its reader in the code.
SOURCE: Final = re.compile(r" \((?:rulebook )?[R0-9][^)]*\)")
SHARED: Final = (
    "Where an agent finds that both sides prove something (`seller_share`), R25 takes that percentage of what the row "
    "would refund; the seller bears it, liable is shared."
)


def page() -> str:
    return "\n".join((HEAD, *_states(), *_transitions(), *_rulings(), *_reasons(), *_parameters())) + "\n"


def _states() -> Iterator[str]:
    yield "## States\n"
    yield from _table(("state", "who may do what (transition)", "its deadline"), map(_state, states.EVERY))
    yield WAITS
    for title, sources in DIAGRAMS:
        yield f"### {title}\n"
        yield f"{diagram(sources)}\n"


def _state(state: str) -> Sequence[str]:
    by_party: dict[str, list[str]] = {}
    for row in TRANSITIONS:
        if state in row.sources:
            for party in row.by:
                numbers = by_party.setdefault(party, [])
                if row.number not in numbers:
                    numbers.append(row.number)
    who = "; ".join(f"{party} {', '.join(numbers)}" for party, numbers in by_party.items() if party != "timer")
    timer = next((kind for known, kind in STATE_TIMERS.items() if known == state), None)
    deadline = "" if timer is None else f"`{PARAMETER_OF[timer]}`" if timer in PARAMETER_OF else "the promise"
    return f"`{state}`", who, deadline


def _transitions() -> Iterator[str]:
    yield "## Transitions\n"
    heads = ("#", "what happens", "who", "said by", "from", "to", "guard")
    numbers = sorted(TITLES, key=int)
    yield from _table(heads, (line for number in numbers for line in _transition(number)))
    yield ""


def _transition(number: str) -> Iterator[Sequence[str]]:
    title = TITLES[number]
    rows = [row for row in TRANSITIONS if row.number == number]
    if not rows:
        yield number, title.name, "platform", "", "any open state", "the same", title.guard or ""
    for index, row in enumerate(rows):
        name, guard = (title.name, title.guard or "") if index == 0 else ("", "")
        targets = ", ".join(f"`{state}`" for state in row.to) or "the same"
        yield number, name, " or ".join(row.by), _said(row), _sources(row), targets, guard


def _said(row: Transition) -> str:
    if isinstance(row.what, str):
        return happening(f"timer:{row.what}")
    return f"`{row.what.name()}`" if getattr(row.what, "TYPE", "") else f"any of `{row.what.TOPIC}`"


def _sources(row: Transition) -> str:
    if set(row.sources) == set(states.OPEN):
        return "any open state"
    return ", ".join("no dispute" if source is None else f"`{source}`" for source in row.sources)


def _rulings() -> Iterator[str]:
    yield "## Rulings\n"
    yield "Of several rows that fit, the first rules; findings outrank facts.\n"
    heads = ("rule", "what was found", "liable", "remedy and amount", "paid by")
    yield from _table(heads, map(_ruling, ROWS))
    yield "\nIn the place of others, where their own facts are there:\n"
    rows = ((*_ruling(other.row), ", ".join(sorted(other.instead_of))) for other in REPLACEMENTS)
    yield from _table((*heads, "in the place of"), rows)
    yield f"\n{SHARED}\n"
    waiting = ", ".join(sorted(WAIT_FOR_THE_PROMISE))
    yield f"{waiting} and what takes their place are not ruled while a promise runs that the dispute waits for.\n"


def _ruling(row: Row) -> Sequence[str]:
    said = (row.pays.__doc__ or "").partition("\n")[0].removeprefix(f"{row.number}: ").removesuffix(".")
    pays = SOURCE.sub("", f"{said[:1].upper()}{said[1:]}")
    if row.pays in (rejected, rejected_as_in_time):
        return row.number, row.title, row.liable, pays, ""
    payer = "escrow, deposit, then the platform with a debt of the seller" if row.payer == "escrow" else row.payer
    recourse = ", claimed back from the carrier" if row.carrier_recourse else ""
    return row.number, row.title, row.liable, pays, f"{payer.replace('_', ' ')}{recourse}"


def _reasons() -> Iterator[str]:
    yield "## Reasons\n"
    yield "Evidence is asked for and shown, not enforced; what counts as found does so where no finding decides.\n"
    rows = (
        (
            reason.family.value,
            f"`{code}`",
            reason.words,
            reason.prima_facie,
            ", ".join(reason.evidence).replace("_", " "),
            ", ".join(_found(name, said) for name, said in reason.counts_as.items()),
        )
        for code, reason in REASONS.items()
    )
    yield from _table(("family", "code", "because", "prima facie liable", "evidence expected", "counts as found"), rows)
    yield ""


def _found(name: str, said: str | bool) -> str:
    return name.replace("_", " ") + ("" if said is True else f": {said}")


def _parameters() -> Iterator[str]:
    standard = policy_of(STANDARD)
    yield "## Parameters\n"
    rows = (
        (f"`{name}`", spoken(name, getattr(standard, parameter.field)), parameter.words)
        for name, parameter in PARAMETERS.items()
    )
    yield from _table(("parameter", f"`{STANDARD}`", "what it sets"), rows)
    for profile in PROFILES:
        found = [f"`{one.parameter}` {one.after}" for one in differences(standard, policy_of(profile))]
        if found:
            yield f"\nThe profile `{profile}` differs in {', '.join(found)}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
