"""Who speaks, what they may do, and ids that are derived and not drawn."""

from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID, SafeUUID

import uuid_utils
from msgspec import Struct

from aftersales.errors import Refused

NAMESPACE: Final = UUID("6f1c5a0e-3b0a-5d0c-9c8e-0d6f2f7f7a11")
# Asked of its class, a member of this enumeration takes longer than all the rest of an id (measured).
UNKNOWN: Final = SafeUUID.unknown
ROOT: Final = uuid_utils.UUID(int=NAMESPACE.int)


class Role(StrEnum):
    BUYER = "buyer"
    SELLER = "seller"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    SERVICE = "service"


class Actor(Struct, frozen=True):
    """Who asks: a role and the subject of the token. `sub` is the party's id for buyers and sellers."""

    role: Role
    sub: str

    @property
    def source(self) -> str:
        """The source half of a cause's id: a service speaks as itself (its `ce_source`), a person by role."""
        return self.sub if self.role is Role.SERVICE else f"{self.role}:{self.sub}"


class Owned(Protocol):
    """A row that belongs to the two parties of an order."""

    @property
    def buyer(self) -> str: ...
    @property
    def seller(self) -> str: ...


def authorize(actor: Actor, may: frozenset[Role], thing: Owned | None) -> None:
    """Let `actor` act on `thing`, a row in hand, or raise `Refused`.

    A stranger is told 404, as for a thing that does not exist (dangers 4.1); a party of the thing whose role may not do
    this is told 403. `thing` None is "there is no such thing".
    """
    if thing is None:
        raise not_found()
    if actor.role is Role.BUYER and actor.sub != thing.buyer:
        raise not_found()
    if actor.role is Role.SELLER and actor.sub != thing.seller:
        raise not_found()
    if actor.role not in may:
        raise Refused("role-not-allowed", f"This is not open to the role {actor.role}.", 403)


def not_found() -> Refused:
    return Refused("not-found", "There is no such thing, or it is not yours.", 404)


def cause_id(source: str, name: str) -> UUID:
    """The id of a cause: of a record its CloudEvents pair, of an HTTP command (actor, Idempotency-Key)."""
    return _uuid5(ROOT, f"{source}\n{name}")


def effect_id(cause: UUID, subject: str, ordinal: int, name: str) -> UUID:
    """The id of the `ordinal`-th effect of a cause on a subject: a replay says the same words with the same ids."""
    return _uuid5(uuid_utils.UUID(int=cause.int), f"{subject}\n{ordinal}:{name}")


def _uuid5(namespace: uuid_utils.UUID, name: str) -> UUID:
    """As the standard library's, which takes five times as long: a cause and its effects need several (measured)."""
    made = object.__new__(UUID)
    object.__setattr__(made, "int", uuid_utils.uuid5(namespace, name).int)
    object.__setattr__(made, "is_safe", UNKNOWN)
    return made
