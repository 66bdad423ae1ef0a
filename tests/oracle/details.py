"""What goes with a step of a random story: amounts at the caps, reasons, findings, agents."""

import random
from typing import TYPE_CHECKING, Any, Final

from tests.oracle import tables as t
from tests.oracle.model import Dispute, Order, Unit

if TYPE_CHECKING:
    from tests.oracle.generate import Author

Step = dict[str, Any]
KINDS: Final = ("photo", "video", "brand_letter", "carrier_note", "customs_paper")
AGENTS: Final = ("kim", "lee", "mo")


def named(units: list[Unit]) -> dict[str, list[int]]:
    said: dict[str, list[int]] = {}
    for unit in sorted(units, key=lambda unit: (unit.line, unit.number)):
        said.setdefault(unit.line, []).append(unit.number)
    return said


def a_reason(a: "Author", order: Order, units: list[Unit]) -> str:
    if all(unit.parcel is None for unit in units) and a.chance.random() < 0.9:
        return "INR_NOT_SHIPPED"
    family = a.chance.choices(sorted(t.FAMILIES), (2, 1, 6, 5, 1))[0]
    return a.chance.choice(t.FAMILIES[family].split())


def plan(chance: random.Random, cap: int, reason: str) -> Step:
    amount = chance.choice((cap, cap, cap - 1, cap + 1, 1, 0, chance.randint(0, max(1, cap)), cap // 2))
    returns = chance.random() < (0.02 if t.FAMILY[reason] in t.REFUND_ONLY else 0.4)
    return {"remedy": "return" if returns else "refund", "amount": max(0, amount)}


def _adds_plan(a: "Author", d: Dispute, step: Step) -> None:
    if a.chance.random() < 0.35 or d.confirming:
        step["reason"] = a_reason(a, d.order, d.units)
    step["want"] = plan(a.chance, d.cap, step.get("reason", d.reason))


def _adds_counter(a: "Author", d: Dispute, step: Step) -> None:
    if step["by"] == "seller" and d.state != t.PROPOSED and a.chance.random() < 0.6:
        step["counter"] = plan(a.chance, d.cap, d.reason)


def _adds_address(a: "Author", d: Dispute, step: Step) -> None:
    if step["by"] == "seller" and a.chance.random() < 0.9:
        step["return_address"] = {"name": "shop returns"}


def _adds_evidence(a: "Author", d: Dispute, step: Step) -> None:
    if step["do"] == "add_evidence" or a.chance.random() < 0.93:
        step["evidence"] = [a.chance.choice(KINDS)]


def _adds_freight(a: "Author", d: Dispute, step: Step) -> None:
    step |= {"carrier": "EMS", "number": f"RR{len(a.recorder.steps)}"}
    if a.chance.random() < 0.8:
        step["freight"] = a.chance.choice((0, 1, 299, 300, 301, a.chance.randint(1, 2000)))


def _adds_status(a: "Author", d: Dispute, step: Step) -> None:
    step["status"] = a.chance.choice(("in_transit", "delivered", "delivered", "lost", "returned"))


def _adds_amount(a: "Author", d: Dispute, step: Step) -> None:
    step["amount"] = max(0, a.chance.choice((0, 1, d.cap, d.cap, d.cap + 1, d.cap // 2)))
    step["agent"] = a.chance.choice(AGENTS)


def _adds_agent(a: "Author", d: Dispute, step: Step) -> None:
    step["agent"] = a.chance.choice(AGENTS)


def _adds_proposal(a: "Author", d: Dispute, step: Step) -> None:
    step["want"] = plan(a.chance, d.cap, d.reason)


def _adds_outcome(a: "Author", d: Dispute, step: Step) -> None:
    step |= {"agent": a.chance.choice(AGENTS), "outcome": a.chance.choice(("uphold", "overturn", "overturn"))}
    if step["outcome"] == "overturn" and d.appellant == "buyer" and a.chance.random() < 0.5:
        step["amount"] = d.refund + max(0, a.chance.choice((1, d.cap, d.cap + 1, d.cap // 2)))


def _adds_days(a: "Author", d: Dispute, step: Step) -> None:
    step["days"] = a.chance.choice((0, 1, 2, 7))


def _adds_ruling(a: "Author", d: Dispute, step: Step) -> None:
    step["agent"] = a.chance.choice(AGENTS)
    if a.chance.random() < 0.7:
        step["second"] = a.chance.choice(AGENTS)
    step["findings"] = _findings(a.chance, d, a.features)
    if a.chance.random() < 0.15:
        depart = plan(a.chance, d.cap, d.reason)
        if a.chance.random() < 0.3:
            depart["compensation"] = a.chance.choice((0, 1, 500)) if "high compensation" in a.features else 0
        if a.chance.random() < 0.9:
            depart["reason"] = "as the facts lie"
        step["depart"] = depart


def _findings(chance: random.Random, d: Dispute, features: frozenset[str]) -> Step:
    found: Step = {}
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2))):
        name = chance.choice(sorted(t.FINDINGS))
        found[name] = _value(chance, d, t.FINDINGS[name])
    if "goods_back" in found and d.back != "contested" and chance.random() < 0.9:
        del found["goods_back"]
    if "returns" not in features:
        found.pop("goods_back", None)
    if d.back == "contested" and chance.random() < 0.6:
        found["goods_back"] = chance.choice(("intact", "wrong", "used", "incomplete"))
    if found.get("not_as_described") == "keep" and chance.random() < 0.95:
        found["amount"] = _value(chance, d, "money")
    return found


def _value(chance: random.Random, d: Dispute, kind: tuple[object, ...] | str) -> Any:
    goods = sum(unit.n for unit in d.units)
    if kind == "money":
        return max(0, chance.choice((0, 1, goods // 2, goods // 2 + 1, d.cap, d.cap + 1, chance.randint(0, 900))))
    if kind == "percent":
        return chance.choice((0, 1, 49, 50, 51, 100, 101, chance.randint(0, 100)))
    if kind == "units":
        some = chance.sample(d.units, chance.randint(1, len(d.units)))
        return named(some)
    return chance.choice(kind)


ADDS: Final = {
    "change_plan": _adds_plan,
    "refuse": _adds_counter,
    "accept": _adds_address,
    "add_evidence": _adds_evidence,
    "contest_return": _adds_evidence,
    "appeal": _adds_evidence,
    "ship_return": _adds_freight,
    "scan_return": _adds_status,
    "settle_service": _adds_amount,
    "reject_service": _adds_agent,
    "hand_back": _adds_agent,
    "propose": _adds_proposal,
    "decide_appeal": _adds_outcome,
    "extend": _adds_days,
    "rule": _adds_ruling,
}
