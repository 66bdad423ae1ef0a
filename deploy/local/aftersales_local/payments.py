"""The payment provider of the simulated marketplace: pays what dispute orders, and sometimes needs a second try.

Pure: the same instruction is answered with the same event under the same id, whoever asks and how often.
"""

from dataclasses import dataclass
from hashlib import sha256

from aftersales.contracts.dispute import RefundOrdered
from aftersales.contracts.marketplace import RefundExecuted, RefundFailed


@dataclass(frozen=True, slots=True)
class PaymentProvider:
    """failing: of a thousand first attempts, how many fail in a way that a second attempt mends; drawn by `seed`."""

    failing: int = 0
    seed: int = 0

    def answer(self, ordered: RefundOrdered) -> tuple[str, RefundExecuted | RefundFailed]:
        """The provider's answer and its id, dated as the order is: asked again it says the very same."""
        name = f"{ordered.instruction}:{ordered.attempt}"
        if ordered.attempt == 1 and self._fails(ordered.instruction):
            failed = RefundFailed(
                order=ordered.order, dispute=ordered.dispute, instruction=ordered.instruction, failed_at=ordered.at
            )
            return name, failed
        executed = RefundExecuted(
            order=ordered.order,
            dispute=ordered.dispute,
            instruction=ordered.instruction,
            amount=ordered.total,
            executed_at=ordered.at,
        )
        return name, executed

    def _fails(self, instruction: str) -> bool:
        if not self.failing:
            return False
        drawn = int.from_bytes(sha256(f"{self.seed}:{instruction}".encode()).digest()[:4])
        return drawn % 1000 < self.failing
