"""What a run came to, and how it differs from the undisturbed run of the same seed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from aftersales_checker.found import Found, Verdict

MONEY: Final = (
    *("refund", "compensation", "freight", "escrow", "deposit", "platform_fund", "service_fund", "seller_debt"),
    "carrier_claim",
)
OF_DISPUTE: Final = ("state", "reason", "agreement", "rule", "liable", *MONEY)


def outcome(found: Found) -> dict[str, Any]:
    """Final states, amounts, payers and notices. Instants and ids that are drawn anew in every run are left out."""
    disputes = {
        row["dispute"]: {"order": row["order_id"], **{name: row[name] for name in OF_DISPUTE}}
        for row in found.rows("dispute", "disputes")
    }
    orders = {
        row["id"]: {name: row[name] for name in ("paid", "refunded", "status")}
        for row in found.rows("dispute", "orders")
    }
    sellers = {row["id"]: {"deposit": row["deposit"], "debt": row["debt"]} for row in found.rows("dispute", "sellers")}
    notices = Counter(
        "|".join((row["order_id"], row["dispute"] or row["parcel"] or "", row["step"], row["party"], row["channel"]))
        for row in found.rows("notification", "notice")
    )
    return {"disputes": disputes, "orders": orders, "sellers": sellers, "notices": dict(notices)}


def same_outcome(found: Found, against: Mapping[str, Any]) -> Verdict:
    """Compared with the outcome of the undisturbed run, thing by thing."""
    verdict = Verdict("outcome")
    here = outcome(found)
    for kind, things in here.items():
        there = against.get(kind, {})
        verdict.figures[kind] = len(things)
        for name in sorted(things.keys() | there.keys()):
            difference = _difference(things.get(name), there.get(name))
            if difference:
                order = name.partition("|")[0] if kind in ("orders", "notices") else None
                dispute = name if kind == "disputes" else None
                verdict.wrong(f"{kind} {name}: {difference}.", order=order, dispute=dispute)
    verdict.figures["differences"] = len(verdict.violations)
    return verdict


def _difference(here: Any, there: Any) -> str | None:
    if here == there:
        return None
    if here is None or there is None:
        return "only in the undisturbed run" if here is None else "not in the undisturbed run"
    if isinstance(here, dict) and isinstance(there, dict):
        names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        return ", ".join(f"{name} is {here.get(name)} and was {there.get(name)} undisturbed" for name in names)
    return f"{here} times, and {there} times undisturbed"
