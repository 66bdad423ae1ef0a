"""The promised delivery time ends (rulebook M1)."""

from typing import Final

from msgspec.structs import replace

from aftersales.contracts.tracking import PromiseBroken
from aftersales.decision import Because, Decision, Given, SubjectRef, Timer, TimerFired, nothing
from order_tracking.domain.parcel import Parcel, Shipment
from order_tracking.rules.facts import facts_of, promise_of, told

PROMISE: Final = "promise"


def promise_timer(shipment: Shipment, parcel: SubjectRef) -> Timer:
    """At the very end of the promise, but not before every scan that had reached us by then has been read.

    It is told as a party's deadline for that reason: a delivery that lies unread must not become a broken promise.
    """
    data = {"order": shipment.order, "parcel": shipment.parcel}
    return Timer(PROMISE, shipment.promise_ends_at, party=True, data=data, subject=parcel)


def promise_ended(state: Parcel | None, event: TimerFired, _given: Given) -> Decision:
    """Say that the promise is broken, unless a delivery or a receipt dated before its end is known.

    A scan that arrives later and is dated before the end corrects it: its event carries `delivered_at`.
    """
    parcel = state or Parcel()
    shipment = parcel.shipment(event.data["order"], event.data["parcel"])
    if shipment is None or shipment.broken or shipment.promise_ends_at != event.due:
        return nothing("timer-outlived", "This timer belongs to a promise that no longer stands.")
    facts = facts_of(parcel.scans, shipment)
    known = {
        "promise_ends_at": shipment.promise_ends_at.isoformat(),
        "delivered_at": facts.delivered_at.isoformat() if facts.delivered_at else None,
        "received_at": shipment.received_at.isoformat() if shipment.received_at else None,
    }
    because = Because("M1", known, policy_version=shipment.policy)
    if promise_of(shipment, facts) == "kept":
        sentence = f"Parcel {shipment.parcel} arrived before its promised delivery time ended."
        return replace(nothing("promise-kept", sentence), because=because)
    broken = replace(shipment, broken=True)
    others = tuple(broken if each is shipment else each for each in parcel.shipments)
    return Decision(
        state=replace(parcel, shipments=others), events=(told(PromiseBroken, broken, facts),), because=because
    )
