"""All policy versions a process knows. The one in force when an order was placed is pinned on it (rulebook, 2)."""

from collections.abc import Iterable
from datetime import datetime

from aftersales.errors import Failure
from aftersales.policy.model import Policy


class PolicyBook:
    """Policies by identity, and which is in force when.

    policies: those that come into force by their `effective_from`; of equals the higher version, then the later one.
    profiles: further ones that only their identity or name selects.
    """

    def __init__(self, policies: Iterable[Policy], profiles: Iterable[Policy] = ()) -> None:
        self._versions = sorted(policies, key=lambda p: (p.effective_from, p.version))
        self._by_identity = {p.identity: p for p in (*profiles, *self._versions)}

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every version known here."""
        return tuple(self._by_identity.values())

    def profile(self, name: str) -> Policy:
        """The newest version of a policy by its name, such as `classic`. Raises Failure where there is none."""
        named = [p for p in self._by_identity.values() if p.name == name]
        if not named:
            known = ", ".join(sorted({p.name for p in self._by_identity.values()}))
            raise Failure(f'There is no policy "{name}" here; there are {known}.')
        return max(named, key=lambda p: p.version)

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
            sentence = f"The policy {identity} is not known here. Put its file into AFTERSALES_POLICY_DIR."
            raise Failure(sentence) from None
