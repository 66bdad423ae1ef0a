"""Money that a dispute moved: who was burdened, and on which units the refund fell."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct


class Burden(Struct, frozen=True, omit_defaults=True):
    """What each account bore of a settlement, in minor units of the order's currency.

    debt: the part of `platform_fund` that the seller owes since.
    """

    escrow: int = 0
    deposit: int = 0
    platform_fund: int = 0
    service_fund: int = 0
    debt: int = 0

    def __add__(self, other: "Burden") -> "Burden":
        return Burden(
            self.escrow + other.escrow,
            self.deposit + other.deposit,
            self.platform_fund + other.platform_fund,
            self.service_fund + other.service_fund,
            self.debt + other.debt,
        )


class Share(Struct, frozen=True, omit_defaults=True):
    """Each of the units `first` to `last` of a line was refunded `amount`."""

    line: str
    first: int
    last: int
    amount: int


class Settlement(Struct, frozen=True, omit_defaults=True):
    """One instruction to pay the buyer. instruction: the payment provider's idempotency key.

    executed_at: None until the provider paid. attempt: how often it was ordered, always under the same
    key. again_at: when it is ordered again after a failure, None where the provider has it. carrier_claim: what the
    carrier owes the seller in recourse; below 0 where the platform fund takes that claim over.
    """

    instruction: str
    refund: int
    compensation: int
    freight: int
    burden: Burden
    shares: tuple[Share, ...]
    ordered_at: datetime
    carrier_claim: int = 0
    attempt: int = 1
    again_at: datetime | None = None
    executed_at: datetime | None = None

    @property
    def collected(self) -> int:
        """The part of the debt that escrow of a later order paid; such a journal does nothing else (rulebook 8.41)."""
        return self.burden.escrow if self.burden.debt == -self.burden.escrow else 0

    @property
    def total(self) -> int:
        return self.refund + self.compensation + self.freight


def shares(parts: Iterable[tuple[str, int, int]]) -> tuple[Share, ...]:
    """(line, unit number, amount), in order, as runs of equal neighbours; units that got nothing are left out."""
    runs: list[Share] = []
    for line, number, amount in parts:
        last = runs[-1] if runs else None
        if not amount:
            continue
        if last and (last.line, last.last + 1, last.amount) == (line, number, amount):
            runs[-1] = Share(line, last.first, number, amount)
        else:
            runs.append(Share(line, number, number, amount))
    return tuple(runs)


def refunded(settlements: Iterable[Settlement]) -> Mapping[tuple[str, int], int]:
    """What was refunded so far on each unit that got something."""
    sums: dict[tuple[str, int], int] = {}
    for settlement in settlements:
        for share in settlement.shares:
            for number in range(share.first, share.last + 1):
                sums[share.line, number] = sums.get((share.line, number), 0) + share.amount
    return sums
