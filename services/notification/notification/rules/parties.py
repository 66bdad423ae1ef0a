"""What the marketplace knows of a party, as far as notices need it."""

from msgspec.structs import replace

from aftersales.contracts.marketplace import PartyChanged
from aftersales.decision import Because, Decision, Given, nothing
from notification.domain.thread import Addressee


def know_party(state: Addressee | None, event: PartyChanged, _given: Given) -> Decision:
    """A field that is None says nothing new."""
    known = state or Addressee()
    if event.zone is None or event.zone == known.zone:
        return nothing("nothing-new", f"Nothing that notices need of {event.party} has changed.")
    return Decision(state=replace(known, zone=event.zone), because=Because("M6", {"zone": event.zone}))
