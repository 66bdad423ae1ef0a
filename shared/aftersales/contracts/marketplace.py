"""What the marketplace says: orders, the parties' commands, payments, parties. Spoken upstream, heard by us."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from aftersales.contracts.envelope import MAX_AMOUNT, Amount, Country, Currency, Event, Id, Instant, Part, Token, Words
from aftersales.money import exponent

Quantity = Annotated[int, Field(ge=1, le=1000)]


def _some(numbers: tuple[int, ...]) -> tuple[int, ...]:
    # Not min_length, which counts what is left of a list with a bad number and then complains of its length too.
    if not numbers:
        raise ValueError("a line is named with at least one unit")
    return numbers


Numbers = Annotated[
    tuple[Annotated[int, Field(ge=1, le=1000)], ...],
    AfterValidator(_some),
    Field(json_schema_extra={"minItems": 1}),
]
Units = Annotated[dict[Id, Numbers], Field(min_length=1, max_length=100)]
"""Line to unit numbers, counted from 1; a line without units is not named."""
EvidenceKinds = Annotated[tuple[Token, ...], Field(max_length=20)]
Rate = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$")]


class Plan(Part):
    """A proposed settlement. `return` means the goods go back before the money does."""

    remedy: Literal["refund", "return"]
    amount: Amount


class Line(Part):
    line: Id
    sku: Id
    quantity: Quantity
    unit_price: Amount


# -- marketplace.orders ------------------------------------------------------------------------------------------------


class OrderEvent(Event):
    TOPIC: ClassVar[str] = "marketplace.orders"
    order: Id


class OrderPlaced(OrderEvent):
    """An order as captured. `unit_price` is in `list_currency` where that is given, else in `currency`.

    With it comes `rate`: list price x rate is the price in `currency`, between major units.
    paid: what was captured; None is the sum of gross, shipping and tax less the discount, at the rate.
    promise_days: the seller's own promise from the dispatch; None is the policy's default for the carrier service.
    lines may be empty: such an order is kept and cannot be disputed.
    """

    TYPE: ClassVar[str] = "marketplace.order_placed.v1"
    buyer: Id
    seller: Id
    placed_at: Instant
    currency: Currency
    lines: Annotated[tuple[Line, ...], Field(max_length=100)]
    shipping: Amount = 0
    discount: Amount = 0
    tax: Amount = 0
    destination: Country
    carrier_service: Token
    promise_days: Annotated[int, Field(ge=1, le=365)] | None = None
    list_currency: Currency | None = None
    rate: Rate | None = None
    paid: Amount | None = None
    platform_logistics: bool = False
    free_return: bool = False
    service_enrolled: bool = False
    category: Token | None = None

    @model_validator(mode="after")
    def _can_be_priced(self) -> Self:
        if (self.list_currency is None) != (self.rate is None):
            raise ValueError("list_currency and rate come together")
        if self.rate is not None and not Decimal(self.rate):
            raise ValueError("a rate is above 0")
        if len({line.line for line in self.lines}) < len(self.lines):
            raise ValueError("two lines of one order have the same name")
        total = sum(line.quantity * line.unit_price for line in self.lines) + self.shipping + self.tax
        if total > MAX_AMOUNT or self._at_the_rate(total) > MAX_AMOUNT:
            raise ValueError(f"the order costs more than {MAX_AMOUNT}")
        return self

    def _at_the_rate(self, total: int) -> Decimal:
        if self.list_currency is None or self.rate is None:
            return Decimal(total)
        return (total * Decimal(self.rate)).scaleb(exponent(self.currency) - exponent(self.list_currency))


class OrderPaid(OrderEvent):
    TYPE: ClassVar[str] = "marketplace.order_paid.v1"
    amount: Amount
    paid_at: Instant


class ParcelShipped(OrderEvent):
    """A parcel was handed to the carrier. `units` None is every unit of the order."""

    TYPE: ClassVar[str] = "marketplace.parcel_shipped.v1"
    parcel: Id
    carrier: Token
    number: Id
    shipped_at: Instant
    units: Units | None = None


class OrderCancelled(OrderEvent):
    TYPE: ClassVar[str] = "marketplace.order_cancelled.v1"
    cancelled_at: Instant


class ReceiptConfirmed(OrderEvent):
    TYPE: ClassVar[str] = "marketplace.receipt_confirmed.v1"
    buyer: Id
    confirmed_at: Instant


class AddressChanged(OrderEvent):
    """The destination country of what has not been shipped yet changed; the promise of shipped parcels stays."""

    TYPE: ClassVar[str] = "marketplace.address_changed.v1"
    destination: Country
    changed_at: Instant


# -- marketplace.complaints: the commands of both parties, in the order the marketplace accepted them ------------------


class Command(Event):
    """A party speaks. `by` names who: the buyer's or the seller's id, checked against the order."""

    TOPIC: ClassVar[str] = "marketplace.complaints"
    order: Id
    dispute: Id
    by: Id


class ComplaintMade(Command):
    TYPE: ClassVar[str] = "marketplace.complaint_made.v1"
    units: Units
    reason: Token
    want: Plan
    words: Words | None = None
    evidence: EvidenceKinds = ()


class PlanChanged(Command):
    """The buyer wants something else, perhaps for another reason; `reason` None keeps it."""

    TYPE: ClassVar[str] = "marketplace.plan_changed.v1"
    want: Plan
    reason: Token | None = None
    words: Words | None = None


class PlanAccepted(Command):
    """The other side's (or the platform's) standing plan is accepted; a seller accepting a return names the address.

    version: of the other side's plans, counted from 1, the one that was read; None accepts what stands.
    """

    TYPE: ClassVar[str] = "marketplace.plan_accepted.v1"
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    return_address: Words | None = None


class PlanRefused(Command):
    """No. `counter` None is "no refund"."""

    TYPE: ClassVar[str] = "marketplace.plan_refused.v1"
    counter: Plan | None = None
    words: Words | None = None


class EscalationRequested(Command):
    TYPE: ClassVar[str] = "marketplace.escalation_requested.v1"
    words: Words | None = None


class ComplaintCancelled(Command):
    TYPE: ClassVar[str] = "marketplace.complaint_cancelled.v1"


class EvidenceAdded(Command):
    TYPE: ClassVar[str] = "marketplace.evidence_added.v1"
    evidence: Annotated[tuple[Token, ...], Field(min_length=1, max_length=20)]
    words: Words | None = None


class EvidenceCompleted(Command):
    """This party has nothing more to add."""

    TYPE: ClassVar[str] = "marketplace.evidence_completed.v1"
    evidence: EvidenceKinds = ()


class ReturnShipped(Command):
    TYPE: ClassVar[str] = "marketplace.return_shipped.v1"
    carrier: Token
    number: Id
    freight: Amount = 0


class ReturnConfirmed(Command):
    TYPE: ClassVar[str] = "marketplace.return_confirmed.v1"


class ReturnContested(Command):
    TYPE: ClassVar[str] = "marketplace.return_contested.v1"
    evidence: EvidenceKinds = ()
    words: Words | None = None


class AppealMade(Command):
    TYPE: ClassVar[str] = "marketplace.appeal_made.v1"
    evidence: EvidenceKinds = ()
    words: Words | None = None


# -- marketplace.payments ----------------------------------------------------------------------------------------------


class PaymentEvent(Event):
    TOPIC: ClassVar[str] = "marketplace.payments"
    order: Id


class RefundExecuted(PaymentEvent):
    """The provider paid out the instruction of `dispute.settlements`; `instruction` is its idempotency key."""

    TYPE: ClassVar[str] = "marketplace.refund_executed.v1"
    dispute: Id
    instruction: Id
    amount: Amount
    executed_at: Instant


class RefundFailed(PaymentEvent):
    TYPE: ClassVar[str] = "marketplace.refund_failed.v1"
    dispute: Id
    instruction: Id
    final: bool = False
    failed_at: Instant


class ChargebackOpened(PaymentEvent):
    TYPE: ClassVar[str] = "marketplace.chargeback_opened.v1"
    amount: Amount
    opened_at: Instant


class ChargebackWon(PaymentEvent):
    TYPE: ClassVar[str] = "marketplace.chargeback_won.v1"
    ended_at: Instant


class ChargebackLost(PaymentEvent):
    TYPE: ClassVar[str] = "marketplace.chargeback_lost.v1"
    ended_at: Instant


# -- marketplace.parties -----------------------------------------------------------------------------------------------


class PartyChanged(Event):
    """What the marketplace knows of a party; a field that is None says nothing new. Keyed by the party."""

    TYPE: ClassVar[str] = "marketplace.party_changed.v1"
    TOPIC: ClassVar[str] = "marketplace.parties"
    party: Id
    role: Literal["buyer", "seller"]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None
    zone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_+/-]{1,40}[0-9]{0,2}$")] | None = None
    contact: Id | None = None
    service_enrolled: bool | None = None
    deposit: Amount | None = None
    deposit_currency: Currency | None = None
    return_address: Words | None = None

    @property
    def key(self) -> str:
        return self.party
