"""What an agent may state as found, and what each finding may say (stories.md names the same words)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Struct
from pydantic import AfterValidator, Field

from aftersales.contracts.envelope import MAX_AMOUNT, Token


class Findings(Struct, frozen=True, omit_defaults=True):
    """Findings that have been checked. None, False and empty mean "not stated".

    return_freight, amount: minor units. missing, intact_units: positions in the file's units. seller_share: whole
    percent.
    """

    tracking: str | None = None
    lost: bool = False
    delivery_proof: str | None = None
    address_error: str | None = None
    refused_by_buyer: bool = False
    return_freight: int | None = None
    customs: str | None = None
    damaged: bool = False
    not_as_described: str | None = None
    amount: int | None = None
    quality: str | None = None
    defective: bool = False
    missing: tuple[int, ...] = ()
    empty: bool = False
    counterfeit: str | None = None
    goods_back: str | None = None
    intact_units: tuple[int, ...] = ()
    seller_share: int | None = None

    @property
    def stated(self) -> frozenset[str]:
        return frozenset(name for name in self.__struct_fields__ if getattr(self, name) not in (None, False, ()))

    @property
    def deciding(self) -> frozenset[str]:
        """Those that decide something alone (rulebook 8.36)."""
        return self.stated - ACCOMPANYING


ACCOMPANYING: Final = frozenset({"return_freight", "amount", "intact_units", "seller_share"})

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tracking": ("invalid",),
    "delivery_proof": ("strong", "weak"),
    "address_error": ("seller", "buyer"),
    "customs": ("infringing", "false_value", "seller_papers", "buyer", "unknown"),
    "not_as_described": ("return", "keep"),
    "quality": ("minor", "medium", "severe"),
    "counterfeit": ("upheld", "not_proven"),
    "goods_back": ("intact", "wrong", "used", "incomplete"),
}
TRUTHS: Final = ("lost", "refused_by_buyer", "damaged", "defective", "empty")
MONEY: Final = ("return_freight", "amount")
UNITS: Final = ("missing", "intact_units")
HIGHEST_UNIT: Final = 1000  # as an order's quantity
EXPECTED: Final[Mapping[str, str]] = {
    **{name: " or ".join(words) for name, words in WORDS.items()},
    **dict.fromkeys(TRUTHS, "true"),
    **dict.fromkeys(MONEY, f"whole minor units from 0 to {MAX_AMOUNT}"),
    **dict.fromkeys(
        UNITS,
        f'disputed units from 1 to {HIGHEST_UNIT}, as {{"L1": 2}} for the first two or {{"L1": [2]}} for unit 2',
    ),
    "intact_units": f'disputed units from 0 to {HIGHEST_UNIT}, as {{"L1": 0}} for none, {{"L1": 2}} or {{"L1": [2]}}',
    "seller_share": "whole percent from 0 to 100",
}


def _countable(stated: dict[str, Any]) -> dict[str, Any]:
    # What is beyond 64 bits can neither be hashed nor written, so it is refused before any rule sees it.
    for name, value in stated.items():
        if not _counts(value):
            expected = EXPECTED.get(name, f"one of {', '.join(sorted(EXPECTED))}")
            raise ValueError(f"{name} holds a number beyond {MAX_AMOUNT}; expected {expected}")
    return stated


def _counts(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_counts(each) for each in value.values())
    if isinstance(value, list | tuple):
        return all(_counts(each) for each in value)
    return not isinstance(value, int | float) or abs(value) <= MAX_AMOUNT


# As an agent states them: any words, but no number that nothing here could count with.
Stated = Annotated[dict[Token, Any], Field(max_length=20), AfterValidator(_countable)]
