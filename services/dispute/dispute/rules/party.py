"""What the marketplace says of its sellers: deposit, enrolment in the platform's service, return address."""

from typing import TypeVar

from msgspec.structs import replace

from aftersales.contracts.marketplace import PartyChanged
from aftersales.decision import Because, Decision, Given, Outcome
from dispute.domain.seller import Seller

T = TypeVar("T")


def party_changed(seller: Seller | None, said: PartyChanged, given: Given) -> Decision:
    """The newest word counts; a field that is None says nothing new. What was drawn from a deposit stays drawn."""
    seller = seller or Seller(said.party, given.source)
    if seller.source not in (None, given.source):
        sentence = f"{seller.source} speaks for seller {seller.id}; {given.source} cannot."
        return Decision(outcome=Outcome.DEAD_LETTER, slug="foreign-source", sentence=sentence)
    changed = replace(
        seller,
        source=given.source,
        deposit=_or(said.deposit, seller.deposit),
        deposit_currency=_or(said.deposit_currency, seller.deposit_currency),
        enrolled=_or(said.service_enrolled, seller.enrolled),
        return_address=_or(said.return_address, seller.return_address),
    )
    return Decision(state=changed, because=Because("fact", {"deposit": changed.deposit, "enrolled": changed.enrolled}))


def _or(said: T | None, known: T) -> T:
    return known if said is None else said
