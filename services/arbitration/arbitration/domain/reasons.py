"""The family of a reason (rulebook section 3); the table itself is shared with dispute and the notices."""

from aftersales.rulebook.reasons import Family, family

__all__ = ["Family", "family"]
