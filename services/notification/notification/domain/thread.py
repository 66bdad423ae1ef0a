"""The thread of one order: what its parties were told, and what they are asked for."""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

Party = Literal["buyer", "seller"]
BUYER: Final[Party] = "buyer"
SELLER: Final[Party] = "seller"
PARTIES: Final[tuple[Party, ...]] = (BUYER, SELLER)


class Asked(Struct, frozen=True, omit_defaults=True):
    """What a party is asked for until an instant. silence: what comes of no answer, as the dispute says it."""

    party: Party
    task: str
    until: datetime
    silence: str | None = None


class Followed(Struct, frozen=True, omit_defaults=True):
    """A dispute as its newest step left it. reminded: the reminders given of what is still asked for.

    frozen: a chargeback is open, so nobody is reminded of anything.
    """

    dispute: str
    step: int
    state: str
    policy: str
    waits: tuple[Asked, ...] = ()
    reminded: tuple[str, ...] = ()
    frozen: bool = False


class Thread(Struct, frozen=True, omit_defaults=True):
    """buyer, seller: their ids, None until they were heard. told: what was said of each parcel, each thing once."""

    order: str
    buyer: str | None = None
    seller: str | None = None
    disputes: tuple[Followed, ...] = ()
    told: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def recipient(self, party: Party) -> str | None:
        return self.buyer if party == BUYER else self.seller

    def dispute(self, name: str) -> Followed | None:
        return next((each for each in self.disputes if each.dispute == name), None)

    def following(self, followed: Followed) -> "Thread":
        others = tuple(each for each in self.disputes if each.dispute != followed.dispute)
        return replace(self, disputes=(*others, followed))


class Addressee(Struct, frozen=True, omit_defaults=True):
    """What is known of a party; `zone` is an IANA name."""

    zone: str | None = None
