"""A notice: one thing told to one party over one channel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from notification.domain.thread import Asked, Party

Channel = Literal["inbox", "file"]
# The inbox is the row itself; what else there is has a sender.
INBOX: Final[Channel] = "inbox"
CHANNELS: Final[tuple[Channel, ...]] = ("inbox", "file")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and the time zone in which times are shown to them."""

    party: Party
    zone: str


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about. step: what makes it one of its kind for the party, `dispute.opened/1`."""

    type: str
    step: str
    dispute: str | None = None
    parcel: str | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is still asked of the reader. before: how long until then, `48 hours`."""

    order: str
    dispute: str
    asked: Asked
    before: str


# An event, or a reminder, and who reads it, in words.
Wording = Callable[[Any, Reader], Words]
