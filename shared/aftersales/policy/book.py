"""All policy versions a process knows. The one in force when an order was placed is pinned on it (rulebook section 2)."""

from collections.abc import Iterable
from datetime import datetime

from aftersales.errors import Failure
from aftersales.policy.model import Policy


class PolicyBook:
    """Policies by identity, and which is in force when."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._versions = sorted(policies, key=lambda p: (p.effective_from, p.version))
        self._by_identity = {p.identity: p for p in self._versions}

    def in_force(self, placed_at: datetime) -> Policy:
        """The version for an order placed then; the first version also judges what was placed before it."""
        known = [p for p in self._versions if p.effective_from <= placed_at]
        return known[-1] if known else self._versions[0]

    def named(self, identity: str) -> Policy:
        """The version an order is pinned to.

        Raises Failure when this process lacks it: the caller stops rather than judge by another.
        """
        try:
            return self._by_identity[identity]
        except KeyError:
            raise Failure(f"The policy {identity} is not known here. Put its file into AFTERSALES_POLICY_DIR.") from None
