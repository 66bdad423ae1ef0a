"""More time, granted for force majeure to a dispute or to a lane (rulebook transition 28)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class ExtensionStatus(StrEnum):
    """A lane's is published, and moves what it finds; a dispute's is sent until dispute answers."""

    PUBLISHED = "published"
    SENT = "sent"
    EXECUTED = "executed"
    REFUSED = "refused"


class Extension(Struct, frozen=True, omit_defaults=True):
    """Of a dispute `order` and `dispute` are set, of a lane the other two. why: of a refused one, what dispute said."""

    id: str
    days: int
    agent: str
    granted_at: datetime
    status: ExtensionStatus
    order: str | None = None
    dispute: str | None = None
    carrier_service: str | None = None
    destination: str | None = None
    why: str | None = None
