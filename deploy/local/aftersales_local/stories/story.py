"""A story file as a whole: its policy, its orders, its steps, and what must then be true."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.contracts.marketplace import OrderPlaced
from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales.policy.model import Policy
from aftersales.policy.parse import STANDARD, with_changes
from aftersales_local.stories import fields as read
from aftersales_local.stories.expectations import Expectation, expectation
from aftersales_local.stories.fields import Place, Shape
from aftersales_local.stories.steps import Step, in_time_order, step

BY_HAND: Final = "by hand"
MOST_STEPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class PolicySaid:
    """`changes` from parameter to value, `overrides` as a policy file has them."""

    profile: str = STANDARD
    changes: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Mapping[str, Any]] = ()

    @property
    def is_standard(self) -> bool:
        return self.profile == STANDARD and not self.changes and not self.overrides


@dataclass(frozen=True, slots=True)
class StoryOrder:
    """`deposit`: the seller's, in minor units of the order's currency; None where the order names none."""

    placed: OrderPlaced
    deposit: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """payments_by_hand: the payment provider does nothing of itself."""

    file: str
    title: str
    policy: PolicySaid
    orders: tuple[StoryOrder, ...]
    steps: tuple[Step, ...]
    then: tuple[Expectation, ...]
    payments_by_hand: bool = False

    @property
    def instants(self) -> list[datetime]:
        """Every instant at which something happens or is expected."""
        found = {order.placed.placed_at for order in self.orders}
        return sorted(found | {each.at for each in self.steps} | {each.at for each in self.then})

    def order_of(self, dispute: str) -> OrderPlaced:
        """The order that a dispute is about: that of the first step that opens it, else the story's only one."""
        named = {each.given["order"] for each in self.steps if each.do == "open" and each.given["dispute"] == dispute}
        return next(each.placed for each in self.orders if not named or each.placed.order in named)

    def judged_by(self, book: PolicyBook) -> Policy:
        """The story's policy. Failure with a sentence where it names what no policy has."""
        try:
            profile = book.profile(self.policy.profile)
        except Failure as problem:
            raise Failure(f"{self.file}: policy.profile: {problem.sentence}") from None
        if not self.policy.changes and not self.policy.overrides:
            return profile
        return with_changes(profile, self.policy.changes, self.policy.overrides, where=f"{self.file}: policy")


LINE: Final = Shape({"line": read.text, "sku": read.text, "quantity": read.whole, "unit_price": read.whole})
ORDER: Final = Shape(
    {
        "order": read.text,
        "buyer": read.text,
        "seller": read.text,
        "placed_at": read.happening,
        "currency": read.text,
        "lines": read.list_of(LINE.read),
        "destination": read.text,
        "carrier_service": read.text,
    },
    {
        "shipping": read.whole,
        "discount": read.whole,
        "tax": read.whole,
        "promise_days": read.or_null(read.whole),
        "list_currency": read.text,
        "rate": read.text,
        "paid": read.whole,
        "platform_logistics": read.flag,
        "free_return": read.flag,
        "service_enrolled": read.flag,
        "category": read.text,
        "deposit": read.whole,
    },
)
POLICY: Final = Shape({}, {"profile": read.text, "with": read.mapping, "overrides": read.list_of(read.mapping)})
STORY: Final = Shape(
    {"title": read.text, "orders": read.list_of(read.mapping), "steps": read.list_of(read.mapping)},
    {"note": read.text, "policy": POLICY.read, "then": read.list_of(read.mapping), "payments": read.one_of(BY_HAND)},
)


def load(path: Path) -> Story:
    """The story of a file; Failure with a sentence that names the place of what is wrong."""
    return parse(read.load(path), path.name)


def parse(value: Any, file: str) -> Story:
    place = Place(file)
    values = STORY.read(value, place)
    if len(values["steps"]) > MOST_STEPS:
        raise place.at("steps").wrong(f"there are more than {MOST_STEPS} steps")
    steps = _numbered(step, values["steps"], place.at("steps"))
    in_time_order(steps, place.at("steps"))
    story = Story(
        file=file,
        title=values["title"],
        policy=_policy(values.get("policy", {})),
        orders=tuple(_order(said, place.at("orders").at(i)) for i, said in enumerate(values["orders"])),
        steps=steps,
        then=_numbered(expectation, values.get("then", ()), place.at("then")),
        payments_by_hand=values.get("payments") == BY_HAND,
    )
    _agree(story, place)
    return story


def _numbered(reads: Any, said: Sequence[Any], place: Place) -> tuple[Any, ...]:
    return tuple(reads(entry, place.at(i), i + 1) for i, entry in enumerate(said))


def _policy(said: Mapping[str, Any]) -> PolicySaid:
    return PolicySaid(said.get("profile", STANDARD), said.get("with", {}), said.get("overrides", ()))


def _order(said: Any, place: Place) -> StoryOrder:
    values = ORDER.read(said, place)
    deposit = values.pop("deposit", None)
    if deposit is not None and not 0 <= deposit <= MAX_AMOUNT:
        raise place.at("deposit").wrong(f"a deposit is 0 or more, up to {MAX_AMOUNT} minor units")
    try:
        # As JSON: that is how orders travel, and the vocabulary is stricter with Python values.
        placed = OrderPlaced.model_validate_json(json.dumps(values, default=datetime.isoformat))
    except ValidationError as problem:
        raise _of_the_vocabulary(problem, place) from None
    return StoryOrder(placed, deposit)


def _of_the_vocabulary(problem: ValidationError, place: Place) -> Failure:
    error = problem.errors()[0]
    for part in error["loc"]:
        place = place.at(part)
    return place.wrong(error["msg"].removeprefix("Value error, ").rstrip("."))


def _agree(story: Story, place: Place) -> None:
    """What one entry alone cannot tell: what is named must be there."""
    orders = [each.placed.order for each in story.orders]
    if not orders:
        raise place.at("orders").wrong("there is no order")
    for i, name in enumerate(orders):
        if name in orders[:i]:
            raise place.at("orders").at(i).at("order").wrong(f"the order {name} is there twice")
    opened = {each.given["dispute"] for each in story.steps if each.do == "open"}
    for each in story.steps:
        here = place.at("steps").at(each.number - 1)
        _is_named(each.given, "order", orders, here)
        if len(orders) > 1:
            _is_named(each.given, "dispute", sorted(opened), here)
    sellers = sorted({each.placed.seller for each in story.orders})
    for wanted in story.then:
        known = {"order": orders, "seller": sellers}.get(wanted.kind)
        if known is not None and wanted.name not in known:
            where = place.at("then").at(wanted.number - 1).at(wanted.kind)
            raise where.wrong(f"there is no {wanted.kind} {wanted.name}; expected {read.listed(known)}")


def _is_named(given: Mapping[str, Any], key: str, known: Sequence[str], place: Place) -> None:
    if key in given and given[key] not in known:
        expected = f"expected {read.listed(known)}" if known else "no step opens one"
        raise place.at(key).wrong(f"there is no {key} {given[key]}; {expected}")
