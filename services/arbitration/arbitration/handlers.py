"""Which event concerns which case, and which rule decides."""

from collections.abc import Callable
from typing import Any, Final

from aftersales.contracts import appeal as told
from aftersales.contracts import dispute as said
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.decision import Rule, SubjectRef
from aftersales.service import On, OnTimer, Service
from arbitration.domain import commands
from arbitration.domain.extension import Extension
from arbitration.rules import (
    appeal,
    assignment,
    auto,
    deadlines,
    dispute_steps,
    extension,
    freeze,
    outcome,
    proposal,
    ruling,
    service,
)
from arbitration.rules.answered import answered, under_its_policy
from arbitration.store.kinds import CASES, EXTENSIONS, case_ref, extension_ref

AT_THE_DESK: Final = frozenset(
    {"ARBITRATION_EVIDENCE", "ARBITRATION_REVIEW", "PLATFORM_PROPOSED", "SERVICE_REVIEW", "APPEAL_REVIEW"}
)


def _dispute(event: Any) -> tuple[SubjectRef, ...]:
    return (case_ref(event.dispute),)


def _at_the_desk(event: said.DisputeStep) -> tuple[SubjectRef, ...]:
    """Steps of disputes that never came to the desk concern nobody here."""
    return (case_ref(event.dispute),) if event.state in AT_THE_DESK else ()


def _case(event: commands.DeskCommand) -> tuple[SubjectRef, ...]:
    return (case_ref(event.case),)


def _extension(event: Any) -> tuple[SubjectRef, ...]:
    return (extension_ref(event.extension),)


def _its_case(extension: Extension | None, event: DisputeExtended) -> tuple[SubjectRef, ...]:
    """The case whose dates move with the dispute's, where the desk has it before it."""
    own = extension is not None and extension.dispute == event.dispute
    return _at_the_desk(event) if own else ()


def _table(*rows: tuple[type[Any], Callable[[Any], tuple[SubjectRef, ...]], Rule]) -> tuple[On, ...]:
    return tuple(On(event, subjects, _explained(event, rule)) for event, subjects, rule in rows)


def _explained(event: type[Any], rule: Rule) -> Rule:
    return answered(rule) if issubclass(event, commands.DeskCommand) else under_its_policy(rule)


SERVICE: Final = Service(
    name="arbitration",
    kinds=(EXTENSIONS, CASES),
    rules=(
        *_table(
            # what is heard                  concerns       rule
            (said.DisputeEscalated,          _dispute,      dispute_steps.open_case),
            (said.DisputeReviewStarted,      _dispute,      auto.start_review),
            (said.DisputeTakenOver,          _dispute,      service.take_over),
            (said.DisputeHandedBack,         _dispute,      service.handed_back),
            (said.DisputeProposed,           _dispute,      proposal.proposed),
            (said.DisputeFactsChanged,       _at_the_desk,  dispute_steps.facts_changed),
            (said.DisputeEvidenceAdded,      _at_the_desk,  dispute_steps.evidence_added),
            (said.DisputeEvidenceCompleted,  _at_the_desk,  dispute_steps.evidence_completed),
            (said.DisputeAgreed,             _dispute,      dispute_steps.left_the_desk),
            (said.DisputeClosed,             _dispute,      dispute_steps.left_the_desk),
            (told.DisputeFrozen,             _at_the_desk,  freeze.freeze),
            (told.DisputeResumed,            _at_the_desk,  freeze.resume),
            (told.DisputeAppealed,           _dispute,      appeal.open_appeal),
            (told.DisputeAppealDecided,      _dispute,      appeal.executed),
            (said.DisputeRuled,              _dispute,      outcome.executed),
            (said.RulingOvertaken,           _dispute,      outcome.overtaken),
            (commands.CaseTaken,             _case,         assignment.take),
            (commands.CaseHandedBack,        _case,         assignment.hand_back),
            (commands.NoteAdded,             _case,         assignment.add_note),
            (commands.ProposalMade,          _case,         proposal.propose),
            (commands.ServiceDecisionMade,   _case,         service.decide),
            (commands.AppealJudged,          _case,         appeal.decide),
            (commands.RulingMade,            _case,         ruling.rule),
            (commands.RulingSeconded,        _case,         ruling.second),
        ),
        On(commands.ExtensionGranted, _extension, extension.grant),
        On(DisputeExtended, _extension, extension.executed, also=_its_case),
        On(ExtensionRefused, _extension, extension.refused),
        OnTimer(dispute_steps.REASSIGN, under_its_policy(deadlines.reassign)),
        OnTimer(dispute_steps.FALLBACK, under_its_policy(deadlines.rule_by_fallback)),
        OnTimer(appeal.APPEAL, under_its_policy(appeal.time_is_over)),
        OnTimer(service.SERVICE, under_its_policy(service.time_is_over)),
    ),
)  # fmt: skip
