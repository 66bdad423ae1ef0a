"""How notices leave, one module a channel. Mail and webhooks will be further ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Letter(Protocol):
    """What a sender is handed. `id` is the stable key: a notice may leave more than once, always under the same one."""

    @property
    def id(self) -> UUID: ...
    @property
    def order_id(self) -> str: ...
    @property
    def dispute(self) -> str | None: ...
    @property
    def parcel(self) -> str | None: ...
    @property
    def step(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Sender(Protocol):
    """Sends over one channel. Returns why not, for those that did not leave; the others have left for good."""

    channel: str

    async def send(self, letters: Sequence[Letter]) -> Mapping[UUID, str]: ...
