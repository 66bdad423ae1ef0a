"""What dispute says of an extension for force majeure (rulebook transition 28)."""

from typing import ClassVar

from aftersales.contracts.dispute import DisputeState, DisputeStep
from aftersales.contracts.envelope import Event, Id, Sentence, Token
from aftersales.contracts.tracking import Days


class DisputeExtended(DisputeStep):
    """Force majeure: its deadlines moved by `days`; of a held dispute the promise of `parcels` too (rulebook 8.21)."""

    TYPE: ClassVar[str] = "dispute.extended.v1"
    extension: Id
    days: Days
    parcels: tuple[Id, ...]


class ExtensionRefused(Event):
    """The platform's extension met a dispute that is closed or that cannot be extended; nothing changed."""

    TYPE: ClassVar[str] = "dispute.extension_refused.v1"
    TOPIC: ClassVar[str] = "dispute.disputes"
    order: Id
    dispute: Id
    extension: Id
    slug: Token | Id
    sentence: Sentence
    state: DisputeState | None
