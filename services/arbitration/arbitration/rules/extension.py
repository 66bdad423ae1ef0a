"""Force majeure: a supervisor grants more time; dispute and order-tracking move what waits (rulebook 28 and 8.21)."""

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from aftersales.contracts.arbitration import DisputeExtensionGranted, LaneExtended, ParcelsExtended
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.decision import Because, Decision, Given, SubjectRef, Timer, nothing
from arbitration.domain.case import IN_APPEAL, OVER, Case
from arbitration.domain.commands import ExtensionGranted
from arbitration.domain.extension import Extension, ExtensionStatus
from arbitration.rules.appeal import appeal_timer
from arbitration.rules.freeze import deadlines, later
from arbitration.rules.moves import changed

NUMBER: Final = "transition 28"


def grant(extension: Extension | None, command: ExtensionGranted, given: Given) -> Decision:
    """Say it: to dispute, which answers, or of a lane to whom it may concern."""
    if extension is not None:
        return nothing("extension-known", f"Extension {extension.id} was granted before.")
    granted = Extension(
        id=command.extension,
        days=command.days,
        agent=command.agent,
        granted_at=given.now,
        status=ExtensionStatus.SENT if command.dispute is not None else ExtensionStatus.PUBLISHED,
        order=command.order,
        dispute=command.dispute,
        carrier_service=command.carrier_service,
        destination=command.destination,
    )
    about = {"extension": granted.id, "days": granted.days, "at": given.now, "agent": granted.agent}
    return Decision(
        state=granted,
        events=(_said(command, about),),
        answer={"extension": granted.id, "status": granted.status.value},
        because=Because(NUMBER, {"days": granted.days, "dispute": granted.dispute, "agent": granted.agent}),
    )


def executed(extension: Extension | None, event: DisputeExtended, given: Given) -> Decision:
    """Dispute has moved its deadlines: of a held one the parcels' promise moves, and a review's dates with it."""
    if extension is None or extension.dispute != event.dispute:
        return nothing("not-its-own", "This follows from the extension of a lane, or of another dispute.")
    if extension.status is not ExtensionStatus.SENT:
        return nothing("already-heard", f"Extension {extension.id} is {extension.status}.")
    others, timers = _case_moved(event, given)
    moved = ParcelsExtended(
        extension=extension.id,
        days=extension.days,
        at=event.at,
        order=event.order,
        dispute=event.dispute,
        parcels=event.parcels,
    )
    return Decision(
        state=replace(extension, status=ExtensionStatus.EXECUTED),
        events=(moved,) if event.parcels else (),
        others=others,
        timers=timers,
        because=Because(NUMBER, {"extension": extension.id, "parcels": list(event.parcels)}),
    )


def refused(extension: Extension | None, event: ExtensionRefused, _given: Given) -> Decision:
    if extension is None or extension.status is not ExtensionStatus.SENT:
        return nothing("already-heard", "There is no such extension, or it was answered before.")
    why = f"{event.slug}: {event.sentence}"
    state = replace(extension, status=ExtensionStatus.REFUSED, why=why)
    return Decision(state=state, because=Because(NUMBER, {"extension": extension.id, "refused": event.slug}))


def _said(command: ExtensionGranted, about: dict[str, Any]) -> DisputeExtensionGranted | LaneExtended:
    if command.order is not None and command.dispute is not None:
        return DisputeExtensionGranted(**about, order=command.order, dispute=command.dispute)
    assert command.carrier_service is not None
    assert command.destination is not None
    return LaneExtended(**about, carrier_service=command.carrier_service, destination=command.destination)


def _case_moved(event: DisputeExtended, given: Given) -> tuple[dict[SubjectRef, Case], tuple[Timer, ...]]:
    """The case with its later dates and the timers for them; the timers it had are outlived."""
    others: dict[SubjectRef, Case] = {}
    timers: list[Timer] = []
    for ref, case in given.others.items():
        if isinstance(case, Case) and (case.status in IN_APPEAL or case.status not in OVER):
            others[ref], later_timers = _later(case, event)
            timers += [replace(timer, subject=ref) for timer in later_timers]
    return others, tuple(timers)


def _later(case: Case, event: DisputeExtended) -> tuple[Case, tuple[Timer, ...]]:
    if case.status in IN_APPEAL and case.appeal is not None and event.deadline is not None:
        case = changed(case, appeal=replace(case.appeal, until=event.deadline))
        return case, (appeal_timer(case),)
    case = later(case, timedelta(days=event.days), event.deadline)
    return case, deadlines(case, event.at)
