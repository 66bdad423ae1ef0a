"""The head of a random story: its policy and its orders."""

import random
from typing import Any, Final

from tests.oracle.model import stamp
from tests.oracle.tables import DAY

START: Final = 1_741_564_800  # 2025-03-10
WORKING_HOUR: Final = 3600

CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "open.earliest_after_ship": ("P0D", "P1D", "P12D"),
    "open.latest": ("P1D", "P5D", "P30D"),
    "open.in_transit": ("refuse", "hold"),
    "ship.within": ("P0D", "P1D"),
    "held.confirm": ("P1D", "PT12H", "P20D"),
    "reopen.max": (0, 1, 3),
    "seller.response": ("P1D", "P3D", "P7D", "P9D"),
    "escalate.manual_from": ("P0D", "P1D"),
    "escalate.manual_to": ("P4D", "P30D"),
    "escalate.auto_at": ("P2D", "P5D", "P20D"),
    "arbitration.evidence_window": ("PT12H", "P5D"),
    "arbitration.reassign_after": ("P1D", "P13D"),
    "arbitration.fallback_after": ("P14D", "P20D"),
    "arbitration.proposal_accept": ("P1D", "P6D"),
    "appeal.window": ("P1D", "P14D"),
    "appeal.review": ("P1D", "P7D"),
    "return.ship_by": ("P1D", "P15D"),
    "return.seller_confirm": ("P3D", "P8D"),
    "return.seller_confirm_delivered": ("P1D", "P10D"),
    "return.freight_cap": (0, 300, 1000),
    "service.review": ("P1D", "P5D"),
    "force_majeure.payer": ("seller", "platform"),
    "counterfeit.base": ("net_paid_goods", "charged_unit_price"),
    "counterfeit.multiple": (1, 3),
    "four_eyes.above": (0, 1000, 5000, 12000),
    "late.table": ({"7": 10, "15": 20, "*": 30}, {"1": 5, "2": 33, "*": 100}),
    "quality.table": ({"minor": 1, "medium": 33, "severe": 99},),
}
MOVABLE: Final = tuple(
    name for name, values in CHANGES.items() if str(values[0]).startswith("P") and not name.startswith("open.")
)
CURRENCIES: Final = ("USD", "USD", "EUR", "JPY", "KWD")


def head(chance: random.Random, seed: int, features: frozenset[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"title": f"random story {seed}"}
    if chance.random() < 0.7:
        said["policy"] = policy(chance, features)
    currency = chance.choice(CURRENCIES)
    said["orders"] = [order(chance, number, currency) for number in range(1, chance.choice((1, 1, 1, 2)) + 1)]
    if chance.random() < 0.1:
        said["payments"] = "by hand"
    return said


def policy(chance: random.Random, features: frozenset[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"profile": chance.choice(("standard", "standard", "classic", "seven_day"))}
    names = chance.sample(sorted(CHANGES), chance.choice((0, 1, 2, 3, 5)))
    changes = {name: chance.choice(CHANGES[name]) for name in names}
    if "arbitration.reassign_after" in changes:
        changes["arbitration.fallback_after"] = "P14D"
    if said["profile"] == "seven_day":
        changes = {name: value for name, value in changes.items() if "manual" not in name}
    if "desk" in features and chance.random() < 0.7:
        changes["service.cap"] = chance.choice((500, 5000, 100_000, 100_000))
    if changes:
        said["with"] = changes
    if chance.random() < 0.3:
        said["overrides"] = [override(chance) for _ in range(chance.choice((1, 1, 2)))]
    return said


def override(chance: random.Random) -> dict[str, Any]:
    begin = START + chance.randint(0, 40) * DAY
    said: dict[str, Any] = {"from": stamp(begin), "until": stamp(begin + chance.randint(1, 30) * DAY)}
    said["parameter"] = chance.choice(MOVABLE)
    if chance.random() < 0.5:
        said["value"] = f"P{chance.randint(1, 9)}D"
    else:
        said["add_days"] = chance.randint(1, 5)
    if chance.random() < 0.4:
        choices = {"seller": "shop", "destination": "US", "carrier_service": "EMS", "category": "toys"}
        said["scope"] = {key: choices[key] for key in chance.sample(sorted(choices), chance.choice((1, 2)))}
    return said


def order(chance: random.Random, number: int, currency: str) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [
        {
            "line": f"L{line}",
            "sku": f"thing-{line}",
            "quantity": chance.choice((1, 1, 2, 3)),
            "unit_price": chance.choice((chance.randint(1, 5000), chance.randint(100, 30_000), 0, 1, 1999)),
        }
        for line in range(1, chance.choice((1, 1, 2, 3)) + 1)
    ]
    gross = sum(line["quantity"] * line["unit_price"] for line in lines)
    said: dict[str, Any] = {
        "order": f"O{number}",
        "buyer": "anna",
        "seller": "shop",
        "placed_at": stamp(START + chance.randint(0, 3 * DAY // WORKING_HOUR) * WORKING_HOUR),
        "currency": currency,
        "lines": lines,
        "shipping": chance.choice((0, 500, chance.randint(0, 3000))),
        "discount": chance.choice((0, min(gross, 300), chance.randint(0, gross), gross)),
        "tax": chance.choice((0, 0, chance.randint(0, 2000))),
        "destination": chance.choice(("US", "US", "RU", "BR", "JP")),
        "carrier_service": chance.choice(("EMS", "EMS", "DHL", "CHINA_POST", "PIGEON")),
    }
    if chance.random() < 0.7:
        said["promise_days"] = chance.choice((1, 4, 5, 6, 12, 20, 27, 61, 121))
    for flag, share in (("platform_logistics", 0.1), ("free_return", 0.3), ("service_enrolled", 0.5)):
        if chance.random() < share:
            said[flag] = True
    if chance.random() < 0.3:
        said["category"] = chance.choice(("toys", "shoes"))
    if chance.random() < 0.4:
        said["deposit"] = chance.choice((0, 100, 2500, 100_000))
    if chance.random() < 0.15:
        _listed(chance, said)
    return said


def _listed(chance: random.Random, said: dict[str, Any]) -> None:
    """In another currency, or captured otherwise than the sum."""
    if chance.random() < 0.7:
        said["list_currency"] = chance.choice(("CNY", "JPY", "KWD", "USD"))
        said["rate"] = chance.choice(("0.1389", "7.2", "0.0067", "1.5", "152.335"))
    if chance.random() < 0.5:
        said["paid"] = chance.randint(1, 20_000)
