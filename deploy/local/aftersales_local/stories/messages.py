"""What a step says: the contract's event, its source and its id, which a repetition uses again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from aftersales.contracts import marketplace as market
from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import OrderPlaced, PartyChanged
from aftersales_local.stories.cast import Cast
from aftersales_local.stories.steps import Step
from aftersales_local.stories.story import Story

MARKETPLACE: Final = "marketplace"
CARRIER: Final = "carrier"
# Steps whose refusal is a matter of the facts alone (stories.md): "nothing new" does not refuse them.
FACTS: Final = frozenset({"scan", "scan_return", "ship", "confirm_receipt", "refund_executed", "refund_failed"})
CHARGEBACKS: Final = frozenset({"chargeback_opened", "chargeback_lost", "chargeback_won"})


@dataclass(frozen=True, slots=True)
class Message:
    """fact: not a party's command."""

    event: Event
    id: str
    source: str = MARKETPLACE
    fact: bool = True

    @property
    def command(self) -> bool:
        return not self.fact


WayBack = tuple[str, str]
"""Carrier and number of goods that were sent back."""


class Unsayable(Exception):
    """What the vocabulary does not take, such as a negative amount: no door lets it in."""


class Speech:
    """A story's messages. `instruction` gives the payment provider's key of a dispute's last refund and its total.

    way_back: under which carrier and number a dispute's goods were sent back; None while they were not.
    """

    def __init__(
        self,
        story: Story,
        cast: Cast,
        instruction: Callable[[str], tuple[str, int]],
        way_back: Callable[[str], WayBack | None],
    ) -> None:
        self._story = story
        self._cast = cast
        self._instruction = instruction
        self._way_back = way_back

    def opening(self) -> list[Message]:
        """The parties, before anything else: where a return goes to, and what the seller has put down."""
        deposits: dict[str, tuple[int, str]] = {}
        for order in self._story.orders:
            if order.deposit is not None:
                deposits.setdefault(order.placed.seller, (order.deposit, order.placed.currency))
        sellers = sorted({order.placed.seller for order in self._story.orders})
        return [self._seller(name, deposits.get(name)) for name in sellers]

    def _seller(self, name: str, deposit: tuple[int, str] | None) -> Message:
        amount, currency = deposit or (None, None)
        party = PartyChanged(
            party=self._cast.name(name),
            role="seller",
            deposit=amount,
            deposit_currency=currency,
            return_address=f"{name} returns",
        )
        return Message(party, self._id(f"party-{name}"))

    def placed(self, order: OrderPlaced) -> Message:
        event = order.model_copy(
            update={
                "order": self._cast.name(order.order),
                "buyer": self._cast.name(order.buyer),
                "seller": self._cast.name(order.seller),
                "placed_at": self._cast.at(order.placed_at),
            }
        )
        return Message(event, self._id(f"order-{order.order}"))

    def of(self, step: Step) -> Message:
        """Raises Unsayable."""
        kind, values = self._said(step)
        try:
            event = kind.model_validate(values, strict=True)
        except ValidationError as problem:
            error = problem.errors()[0]
            where = ".".join(str(part) for part in error["loc"])
            raise Unsayable(f"{where}: {error['msg']}") from None
        source = CARRIER if kind is ParcelScanned else MARKETPLACE
        return Message(event, self._id(f"step-{step.number}"), source, fact=step.do in FACTS | CHARGEBACKS)

    def _id(self, name: str) -> str:
        return f"{name}{self._cast.suffix}"

    def _said(self, step: Step) -> tuple[type[Event], Mapping[str, Any]]:
        if step.do == "scan":
            return ParcelScanned, self._scan(step)
        if step.do == "scan_return":
            return ParcelScanned, self._scan_return(step)
        if step.do == "ship":
            return market.ParcelShipped, self._shipment(step)
        if step.do in COMMANDS:
            return COMMANDS[step.do], self._command(step)
        return self._other_fact(step)

    def _other_fact(self, step: Step) -> tuple[type[Event], Mapping[str, Any]]:
        at = self._cast.at(step.at)
        if step.do == "confirm_receipt":
            order = next(o.placed for o in self._story.orders if o.placed.order == step.given["order"])
            values = {"order": self._cast.name(order.order), "buyer": self._cast.name(order.buyer), "confirmed_at": at}
            return market.ReceiptConfirmed, values
        if step.do in CHARGEBACKS:
            return self._chargeback(step)
        dispute = self._cast.name(step.given["dispute"])
        instruction, total = self._instruction(dispute)
        named = {
            "order": self._cast.name(self._story.order_of(step.given["dispute"]).order),
            "dispute": dispute,
            "instruction": instruction,
        }
        if step.do == "refund_failed":
            return market.RefundFailed, {**named, "failed_at": at}
        return market.RefundExecuted, {**named, "amount": total, "executed_at": at}

    def _chargeback(self, step: Step) -> tuple[type[Event], Mapping[str, Any]]:
        order, at = self._cast.name(step.given["order"]), self._cast.at(step.at)
        if step.do == "chargeback_opened":
            values = {"order": order, "amount": step.given.get("amount", 0), "opened_at": at}
            return market.ChargebackOpened, values
        kind = market.ChargebackLost if step.do == "chargeback_lost" else market.ChargebackWon
        return kind, {"order": order, "ended_at": at}

    def _shipment(self, step: Step) -> Mapping[str, Any]:
        carrier, number = self._number(step.given["parcel"])
        return {
            "order": self._cast.name(step.given["order"]),
            "parcel": self._cast.name(step.given["parcel"]),
            "carrier": step.given.get("carrier", carrier),
            "number": self._cast.name(step.given["number"]) if "number" in step.given else number,
            "shipped_at": self._cast.at(step.at),
            "units": step.given.get("units"),
        }

    def _scan(self, step: Step) -> Mapping[str, Any]:
        carrier, number = self._number(step.given["parcel"])
        at = self._cast.at(step.given.get("scanned_at", step.at))
        return {"carrier": carrier, "number": number, "status": step.given["status"], "scanned_at": at}

    def _scan_return(self, step: Step) -> Mapping[str, Any]:
        back = self._way_back(self._cast.name(step.given["dispute"]))
        if back is None:
            raise Unsayable("no goods were sent back in this dispute")
        at = self._cast.at(step.given.get("scanned_at", step.at))
        return {"carrier": back[0], "number": back[1], "status": step.given["status"], "scanned_at": at}

    def _number(self, parcel: str) -> tuple[str, str]:
        """Carrier and number of a parcel, as the step that ships it says, else made from what is known."""
        shipping = next((s for s in self._story.steps if s.do == "ship" and s.given["parcel"] == parcel), None)
        given: Mapping[str, Any] = shipping.given if shipping else {}
        orders = {each.placed.order: each.placed for each in self._story.orders}
        order = orders[given["order"]] if given else self._story.orders[0].placed
        return given.get("carrier", order.carrier_service), self._cast.name(given.get("number", f"{parcel}-number"))

    def _command(self, step: Step) -> Mapping[str, Any]:
        order = self._story.order_of(step.given["dispute"])
        by = order.seller if step.by == "seller" else order.buyer
        named = {
            "order": self._cast.name(order.order),
            "dispute": self._cast.name(step.given["dispute"]),
            "by": self._cast.name(by),
        }
        said = {key: value for key, value in step.given.items() if key not in ("dispute", "order")}
        if step.do == "ship_return":
            said["number"] = self._cast.name(said["number"])
        return {**said, **named}


COMMANDS: Final[Mapping[str, type[market.Command]]] = {
    "open": market.ComplaintMade,
    "change_plan": market.PlanChanged,
    "accept": market.PlanAccepted,
    "refuse": market.PlanRefused,
    "escalate": market.EscalationRequested,
    "cancel": market.ComplaintCancelled,
    "add_evidence": market.EvidenceAdded,
    "evidence_done": market.EvidenceCompleted,
    "ship_return": market.ReturnShipped,
    "confirm_return": market.ReturnConfirmed,
    "contest_return": market.ReturnContested,
    "appeal": market.AppealMade,
}
