"""Buyers, sellers and agents who use the services over HTTP, each with a token of the development issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from aftersales.contracts import marketplace as market
from aftersales.contracts.marketplace import Command, ComplaintMade
from aftersales_local import issuer
from aftersales_local.state import Stack

PATIENCE: Final = 30.0
# What parties say over HTTP, and the last word of its address.
ROUTES: Final[Mapping[type[Command], str]] = {
    market.PlanChanged: "plan",
    market.PlanAccepted: "accept",
    market.PlanRefused: "refuse",
    market.EscalationRequested: "escalate",
    market.ComplaintCancelled: "cancel",
    market.EvidenceAdded: "evidence",
    market.EvidenceCompleted: "evidence-done",
    market.ReturnContested: "return-contested",
    market.AppealMade: "appeal",
}
MINUTES: Final = 240
READER: Final = ("agent", "reader")


@dataclass(frozen=True, slots=True)
class Answer:
    """From status 400 on the body is a problem document. replayed: it was given before, to the same request."""

    status: int
    body: Mapping[str, Any]
    etag: str | None = None
    replayed: bool = False

    @property
    def granted(self) -> bool:
        return self.status < 400

    @property
    def slug(self) -> str:
        """The last part of the problem's type; empty where all went well."""
        return "" if self.granted else str(self.body.get("type", self.status)).rpartition("/")[2].rpartition(":")[2]

    @property
    def why(self) -> str:
        return f"{self.slug}: {self.body.get('detail', self.body.get('title', ''))}"


class People:
    """Requests in the name of one person each. `in_flight` counts those not answered yet."""

    def __init__(self, stack: Stack, home: Path, patience: float = PATIENCE) -> None:
        self.in_flight = 0
        self.requests = 0
        self._addresses = stack.addresses
        self._issuer = stack.issuer
        self._keys = home / "keys"
        self._tokens: dict[tuple[str, str], str] = {}
        self._client = httpx2.AsyncClient(timeout=patience, trust_env=False)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    @staticmethod
    def can_say(command: type[Command]) -> bool:
        """Whether a command exists over HTTP; all of them travel over Kafka."""
        return command is ComplaintMade or command in ROUTES

    async def command(self, said: Command, role: str, key: str) -> Answer:
        """What a buyer or seller says, with `key` as the Idempotency-Key."""
        body = said.model_dump(mode="json", exclude_none=True, exclude={"by"})
        if isinstance(said, ComplaintMade):
            path = "/disputes"
        else:
            path = f"/disputes/{said.dispute}/{ROUTES[type(said)]}"
            body = {name: value for name, value in body.items() if name not in ("order", "dispute")}
        return await self._ask("POST", "dispute", path, (role, said.by), body, {"Idempotency-Key": key})

    async def rule(self, dispute: str, agent: str, ruling: Mapping[str, Any], seen: str, key: str) -> Answer:
        """`ruling`: findings and depart. seen: the ETag of the case as the agent read it."""
        return await self.at_the_desk(dispute, "rulings", ("agent", agent), ruling, seen, key)

    async def at_the_desk(
        self, case: str, route: str, who: tuple[str, str], body: Mapping[str, Any], seen: str, key: str
    ) -> Answer:
        """`route` below the case; who: role and name; seen: the ETag of the case as they read it."""
        headers = {"Idempotency-Key": key, "If-Match": seen}
        return await self._ask("POST", "arbitration", f"/cases/{case}/{route}", who, body, headers)

    async def second(self, dispute: str, ruling: str, agent: str, key: str) -> Answer:
        path = f"/cases/{dispute}/rulings/{ruling}/second"
        return await self._ask("POST", "arbitration", path, ("agent", agent), {}, {"Idempotency-Key": key})

    async def case(self, dispute: str, agent: str, role: str = "agent") -> Answer:
        return await self._ask("GET", "arbitration", f"/cases/{dispute}", (role, agent))

    async def extend(self, who: tuple[str, str], body: Mapping[str, Any], key: str) -> Answer:
        return await self._ask("POST", "arbitration", "/extensions", who, body, {"Idempotency-Key": key})

    async def extension(self, who: tuple[str, str], extension: str) -> Answer:
        return await self._ask("GET", "arbitration", f"/extensions/{extension}", who)

    async def metrics(self, seller: str) -> Answer:
        return await self._ask("GET", "dispute", f"/sellers/{seller}/metrics", READER)

    async def dispute(self, dispute: str) -> Answer:
        return await self._ask("GET", "dispute", f"/disputes/{dispute}", READER)

    async def order(self, order: str) -> Answer:
        return await self._ask("GET", "dispute", f"/orders/{order}", READER)

    async def inbox(self, role: str, party: str) -> list[Mapping[str, Any]]:
        """Every notice of a party, the newest first."""
        notices: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            page = await self._ask("GET", "notification", f"/inbox?limit=100{cursor}", (role, party))
            notices += page.body.get("items", [])
            if not page.body.get("next"):
                return notices
            cursor = f"&cursor={page.body['next']}"

    async def _ask(
        self,
        method: str,
        service: str,
        path: str,
        who: tuple[str, str],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        address = f"{self._addresses[service]}{path}"
        whole = {"Authorization": f"Bearer {self._token(*who)}", **(headers or {})}
        self.in_flight += 1
        self.requests += 1
        try:
            answer = await self._client.request(method, address, json=body, headers=whole)
        finally:
            self.in_flight -= 1
        replayed = "idempotent-replayed" in answer.headers
        return Answer(answer.status_code, answer.json(), answer.headers.get("etag"), replayed)

    def _token(self, role: str, sub: str) -> str:
        if (role, sub) not in self._tokens:
            self._tokens[role, sub] = issuer.token(role, sub, MINUTES, keys=self._keys, issuer=self._issuer)
        return self._tokens[role, sub]
