"""The journal of a settlement: balanced lines, written once and never changed (rulebook section 6)."""

from aftersales.contracts.dispute import Account, Entry
from dispute.domain.dispute import Dispute
from dispute.domain.settlement import Settlement
from dispute.rules.draft import Draft


def entries(settlement: Settlement) -> tuple[Entry, ...]:
    """The lines, which sum to zero; positive is received by the account.

    A debt is a claim: `seller_debt` gains what `seller` now owes. What the carrier owes in recourse is the seller's,
    until the platform fund takes it over.
    """
    burden = settlement.burden
    lines: tuple[tuple[Account, int], ...] = (
        ("buyer", settlement.refund),
        ("buyer", settlement.freight),
        ("buyer", settlement.compensation),
        ("seller_escrow", -burden.escrow),
        ("seller_deposit", -burden.deposit),
        ("platform_fund", -burden.platform_fund),
        ("service_fund", -burden.service_fund),
        ("seller_debt", burden.debt),
        ("carrier_recourse", -max(0, settlement.carrier_claim)),
        ("seller", settlement.carrier_claim - burden.debt),
    )
    return tuple(Entry(account=account, amount=amount) for account, amount in lines if amount)


def write(draft: Draft, dispute: Dispute, settlement: Settlement) -> None:
    for entry in entries(settlement):
        draft.append(
            "journal",
            {
                "journal_id": settlement.instruction,
                "order_id": draft.order.id,
                "dispute": dispute.id,
                "account": entry.account,
                "currency": draft.order.known.currency,
                "amount": entry.amount,
                "at": draft.now,
                "cause": draft.given.cause,
            },
        )
