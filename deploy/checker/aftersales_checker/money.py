"""I3: money exact. Journals balance, no order pays back more than it took, every sum is told the same everywhere."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

from aftersales_checker.found import Found, Record, Row, Verdict

REFUND_ORDERED: Final = "dispute.refund_ordered.v1"
REFUND_EXECUTED: Final = "marketplace.refund_executed.v1"
REVERSED: Final = "dispute.burden_reversed.v1"
COLLECTED: Final = "dispute.debt_collected.v1"
# The column of a dispute and the account of the journal that says the same.
BURDENS: Final = {
    "escrow": "seller_escrow",
    "deposit": "seller_deposit",
    "platform_fund": "platform_fund",
    "service_fund": "service_fund",
}


def money_exact(found: Found) -> Verdict:
    verdict = Verdict("I3")
    if "dispute" not in found.databases:
        return verdict
    ordered = _instructions(found, verdict)
    _balanced(found, verdict)
    _orders(found, ordered, verdict)
    _disputes(found, verdict)
    _told(found, ordered, verdict)
    _executed(found, ordered, verdict)
    verdict.figures["differences"] = len(verdict.violations)
    return verdict


def _instructions(found: Found, verdict: Verdict) -> dict[str, Record]:
    """Every instruction on the topic of settlements once; ordered again it must say the same."""
    first: dict[str, Record] = {}
    for record in found.on("dispute.settlements", REFUND_ORDERED):
        instruction = str(record.says.get("instruction"))
        before = first.setdefault(instruction, record)
        if _content(before) != _content(record):
            verdict.wrong(f"The instruction {instruction} was ordered again as something else.", **_about(record))
    verdict.figures["instructions"] = len(first)
    return first


def _content(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.says.items() if name not in ("attempt", "at")}


def _about(record: Record) -> dict[str, Any]:
    return {"order": record.says.get("order"), "dispute": record.says.get("dispute")}


def _balanced(found: Found, verdict: Verdict) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    order = {}
    for row in found.rows("dispute", "journal"):
        sums[(row["journal_id"], row["currency"])] += row["amount"]
        order[row["journal_id"]] = row
    for (journal, currency), off in sums.items():
        if off:
            row = order[journal]
            sentence = f"The journal {journal} is off by {off} {currency}."
            verdict.wrong(sentence, order=row["order_id"], dispute=row["dispute"])
    verdict.figures["journals"] = len(order)


def _orders(found: Found, ordered: dict[str, Record], verdict: Verdict) -> None:
    """What an order's row counts, its resolutions, its journals and the topic come to one sum."""
    granted = _sum(found.rows("dispute", "appeal_outcome"), "order_id", "refund")
    resolved = _sum(found.rows("dispute", "resolution"), "order_id", "refund") + granted
    instructed: Counter[str] = Counter()
    for record in ordered.values():
        instructed[str(record.says.get("order"))] += record.says.get("refund", 0)
    beside = _sum(found.rows("dispute", "resolution"), "order_id", "compensation", "freight")
    journal = found.rows("dispute", "journal")
    buyer = _sum((row for row in journal if row["account"] == "buyer"), "order_id", "amount")
    currencies = defaultdict(set)
    for row in journal:
        currencies[row["order_id"]].add(row["currency"])
    for row in found.rows("dispute", "orders"):
        name = row["id"]
        sums = {
            "its resolutions": resolved[name],
            "the settlements' topic": instructed[name],
            "its journals": buyer[name] - beside[name],
        }
        for teller, refunded in sums.items():
            if refunded > (row["paid"] or 0):
                verdict.wrong(f"{name} was paid {row['paid']}; by {teller} it refunds {refunded}.", order=name)
            if refunded != row["refunded"]:
                verdict.wrong(f"{name} counts {row['refunded']} refunded; by {teller} it is {refunded}.", order=name)
        if currencies[name] - {row["currency"]}:
            verdict.wrong(f"{name} was paid in {row['currency']}; its journals are in others too.", order=name)
    verdict.figures["refunded_orders"] = sum(1 for amount in resolved.values() if amount)


def _sum(rows: Iterable[Row], by: str, *columns: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[by]] += sum(row[column] for column in columns)
    return sums


def _disputes(found: Found, verdict: Verdict) -> None:
    """The sums on a dispute's row are those of its resolution and of its journals, account by account."""
    accounts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found.rows("dispute", "journal"):
        accounts[row["dispute"]][row["account"]] += row["amount"]
    paid: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found.rows("dispute", "resolution"):
        paid[row["dispute"]].update({name: row[name] for name in ("refund", "compensation", "freight")})
    for row in found.rows("dispute", "appeal_outcome"):
        paid[row["dispute"]].update(refund=row["refund"])
    for row in found.rows("dispute", "disputes"):
        name, of = row["dispute"], accounts[row["dispute"]]
        wanted = {**paid[name], **{column: -of[account] for column, account in BURDENS.items()}}
        wanted["seller_debt"] = of["seller_debt"]
        for column, amount in wanted.items():
            if row[column] != amount:
                verdict.wrong(
                    f"{name} says {column} {row[column]}; its resolution and journals come to {amount}.",
                    order=row["order_id"],
                    dispute=name,
                )


def _told(found: Found, instructed: dict[str, Record], verdict: Verdict) -> None:
    """An instruction, a reversal or a collection for every journal and the other way round, with the same entries."""
    beside = (record for type_ in (REVERSED, COLLECTED) for record in found.on("dispute.settlements", type_))
    ordered = {**instructed, **{str(record.says.get("journal")): record for record in beside}}
    entries: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for row in found.rows("dispute", "journal"):
        entries[row["journal_id"]][(row["account"], row["amount"])] += 1
    for journal in sorted(entries.keys() | ordered.keys()):
        if journal not in ordered:
            verdict.wrong(f"The journal {journal} was never instructed on the topic.")
            continue
        record = ordered[journal]
        said = Counter((entry["account"], entry["amount"]) for entry in record.says.get("entries", ()))
        if said != entries[journal]:
            verdict.wrong(f"The instruction {journal} and its journal have different entries.", **_about(record))


def _executed(found: Found, ordered: dict[str, Record], verdict: Verdict) -> None:
    """Every closed refund was paid, once, as ordered."""
    paid: dict[str, list[Record]] = defaultdict(list)
    for record in found.on("marketplace.payments", REFUND_EXECUTED):
        paid[str(record.says.get("instruction"))].append(record)
    state = {row["dispute"]: row["state"] for row in found.rows("dispute", "disputes")}
    for instruction, record in ordered.items():
        payments, total = paid[instruction], record.says.get("total")
        if len(payments) > 1:
            verdict.wrong(f"The instruction {instruction} was executed {len(payments)} times.", **_about(record))
        if any(payment.says.get("amount") != total for payment in payments):
            verdict.wrong(f"The instruction {instruction} was for {total}; another amount was paid.", **_about(record))
        if not payments and state.get(str(record.says.get("dispute"))) == "CLOSED_REFUNDED":
            verdict.wrong(f"The instruction {instruction} counts as paid and never was.", **_about(record))
    verdict.figures["executed"] = sum(1 for instruction in ordered if paid[instruction])
