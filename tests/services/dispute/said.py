"""What a party says to dispute without more ado, for tests that say whatever there is."""

from collections.abc import Callable
from typing import Final

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    AppealMade,
    ComplaintCancelled,
    EscalationRequested,
    EvidenceAdded,
    EvidenceCompleted,
    ReturnConfirmed,
    ReturnContested,
)
from tests.rules.dispute import builders as say

WORDS: Final[dict[type[Event], Callable[[str, dict[str, str]], Event]]] = {
    EscalationRequested: lambda by, about: say.escalation(by=by, **about),
    ComplaintCancelled: lambda by, about: say.cancellation(by=by, **about),
    EvidenceAdded: lambda by, about: say.evidence(by, **about),
    EvidenceCompleted: lambda by, about: say.evidence_done(by, **about),
    ReturnConfirmed: lambda by, about: say.return_confirmed(**about),
    ReturnContested: lambda by, about: say.command(ReturnContested, by, evidence=("photo",), **about),
    AppealMade: lambda by, about: say.command(AppealMade, by, evidence=("photo",), **about),
}
