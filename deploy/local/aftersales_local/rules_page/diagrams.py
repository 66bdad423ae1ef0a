"""State diagrams in Mermaid, drawn from the table of transitions."""

from collections.abc import Iterable, Iterator
from typing import Final

from aftersales.contracts.dispute import DisputeState
from dispute.domain import states
from dispute.domain.transitions import TRANSITIONS, Transition

NEGOTIATION: Final = (None, *states.AWAITING, states.HELD_IN_TRANSIT, states.SERVICE_REVIEW)
PLATFORM: Final = (*states.ARBITRATION, states.APPEAL_REVIEW)
REMEDY: Final = (states.RETURN_AWAITING_SHIPMENT, states.RETURN_IN_TRANSIT, states.REFUND_PENDING, *states.CLOSED)
DIAGRAMS: Final = (
    ("From the complaint to an agreement or the platform", NEGOTIATION),
    ("At the platform", PLATFORM),
    ("Return, refund and end", REMEDY),
)


def diagram(sources: Iterable[DisputeState | None]) -> str:
    """The transitions out of these states; what leaves a dispute in its state is not drawn."""
    edges: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        for row in TRANSITIONS:
            if source in row.sources:
                for edge in _edges(source, row):
                    numbers = edges.setdefault(edge, [])
                    if row.number not in numbers:
                        numbers.append(row.number)
    lines = [f"    {before} --> {after}: {', '.join(numbers)}" for (before, after), numbers in edges.items()]
    return "\n".join(("```mermaid", "stateDiagram-v2", *lines, "```"))


def _edges(source: DisputeState | None, row: Transition) -> Iterator[tuple[str, str]]:
    # Evidence, for one, is named with every state it is taken in and moves none.
    for target in row.to if set(row.to) != set(row.sources) else ():
        if target != source:
            yield source or "[*]", target
