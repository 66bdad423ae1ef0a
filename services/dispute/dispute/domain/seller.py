"""A seller's account with us: the deposit, and what the platform fund advanced for them."""

from msgspec import Struct, field
from msgspec.structs import replace


class Debt(Struct, frozen=True, omit_defaults=True):
    """What the platform advanced for a settlement of this order and dispute; collected oldest first."""

    order: str
    dispute: str
    currency: str
    amount: int


class Seller(Struct, frozen=True, omit_defaults=True):
    """deposit: what the marketplace says was put down, in minor units of `deposit_currency` (None: in any).

    drawn: what settlements took from the deposit since, by currency. enrolled: in the platform's after-sales service.
    """

    id: str
    source: str | None = None
    deposit: int = 0
    deposit_currency: str | None = None
    drawn: dict[str, int] = field(default_factory=dict)
    debts: tuple[Debt, ...] = ()
    enrolled: bool | None = None
    return_address: str | None = None

    def available(self, currency: str) -> int:
        """What the deposit can still bear in a currency, never below 0."""
        if self.deposit_currency not in (None, currency):
            return 0
        return max(0, self.deposit - sum(self.drawn.values()))

    def drawn_on(self, currency: str, amount: int) -> "Seller":
        return replace(self, drawn={**self.drawn, currency: self.drawn.get(currency, 0) + amount}) if amount else self

    def lifted(self, order: str, dispute: str) -> "Seller":
        """Without the debts of a dispute, which the platform bears instead."""
        return replace(self, debts=tuple(debt for debt in self.debts if (debt.order, debt.dispute) != (order, dispute)))

    def collected(self, currency: str, amount: int) -> tuple["Seller", tuple[Debt, ...]]:
        """What they owe in a currency paid from an amount, the oldest debt first, and which debts that paid."""
        left, paid, kept = amount, [], []
        for debt in self.debts:
            part = min(debt.amount, left) if debt.currency == currency else 0
            left -= part
            paid += [replace(debt, amount=part)] if part else []
            kept += [replace(debt, amount=debt.amount - part)] if debt.amount > part else []
        return replace(self, debts=tuple(kept)), tuple(paid)

    def owing(self, debt: Debt) -> "Seller":
        return replace(self, debts=(*self.debts, debt)) if debt.amount else self
