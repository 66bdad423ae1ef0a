"""What the buyer is to get."""

from msgspec import Struct

from aftersales.contracts.arbitration import Payer


class Sums(Struct, frozen=True):
    """Minor units, and who bears the refund and the freight where the seller does not."""

    refund: int
    compensation: int = 0
    freight: int = 0
    payer: Payer = "escrow"
    freight_payer: Payer = "escrow"
    carrier_claim: int = 0

    @property
    def total(self) -> int:
        return self.refund + self.compensation + self.freight
