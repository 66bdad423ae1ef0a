"""An agent rules; above the limit of four eyes a second one confirms; then dispute is told (rulebook 17)."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from aftersales.contracts.arbitration import CaseAssigned, CaseRuled
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.decision import Because, Boundary, Decision, Given, Source, nothing, refused
from aftersales.identity import effect_id
from aftersales.money import shown
from aftersales.policy.amounts import four_eyes_above
from aftersales.policy.model import Policy
from arbitration.domain.case import Case
from arbitration.domain.commands import RulingMade, RulingSeconded
from arbitration.domain.ruling import Ruling, RulingStatus
from arbitration.rules.assignment import assigned, no_case, told
from arbitration.rules.departure import depart
from arbitration.rules.dispute_steps import lapsed
from arbitration.rules.guards import conflict, frozen, not_in_review, of_another, stale
from arbitration.rules.moves import moved
from arbitration.rules.recommend import Recommendation, recommend

ON_FILE: Final = ("reason", "parcels", "buyer_evidence", "seller_evidence")


def rule(case: Case | None, event: RulingMade, given: Given) -> Decision:
    """The agent takes what the table recommends, or departs from it with a reason.

    A ruling that is sent takes a case in nobody's hands. One that waits for its second agent does not, and gives way to
    a new one: else a single agent could keep a dear case from all others.
    """
    if case is None:
        return no_case()
    refusal = conflict(case, event) or stale(case, event) or not_in_review(case) or of_another(case, event)
    if refusal is not None:
        return refusal
    policy = given.policies.named(case.policy)
    recommended = recommend(case.file, case.reason, event.findings, policy, given.now)
    decided = recommended if event.depart is None else depart(recommended, event.depart, case.file, case.reason)
    if decided.refused is not None:
        because = Because("", otherwise=decided.turns)
        return replace(refused(decided.refused, decided.sentence or decided.refused), because=because)
    if (beyond := too_much(decided)) is not None:
        return beyond
    ruling = written(
        case, decided, recommended, policy, given, agent=event.agent, findings=event.findings, depart=event.depart
    )
    case = lapsed(case, given.now, "Another ruling took its place.")
    if above_limit(decided, case.currency, policy):
        return _held(case, ruling, policy)
    taken = () if case.agent is not None else (assigned(case, event.agent, "taken", given),)
    return sent(replace(case, agent=case.agent or event.agent), ruling, policy, given, "ruled", taken)


def second(case: Case | None, event: RulingSeconded, given: Given) -> Decision:
    """Another agent or a supervisor confirms a ruling above the limit; nobody approves their own."""
    if case is None:
        return no_case()
    refusal = conflict(case, event) or frozen(case)
    if refusal is not None:
        return refusal
    waiting = case.waiting_ruling
    if waiting is None or waiting.id != event.ruling:
        return nothing(
            "ruling-not-waiting", f"Ruling {event.ruling} of case {case.id}, which is {case.status}, awaits nobody."
        )
    if waiting.agent == event.agent:
        return refused("own-ruling", f"{event.agent} made this ruling; another agent must confirm it.")
    policy = given.policies.named(case.policy)
    explanation = {**waiting.explanation, "second": event.agent}
    return sent(case, replace(waiting, second=event.agent, explanation=explanation), policy, given, "seconded")


def above_limit(decided: Recommendation, currency: str, policy: Policy) -> bool:
    """Whether refund and compensation together need four eyes; a currency that is not listed has no limit."""
    limit = four_eyes_above(policy, currency)
    return limit is not None and decided.refund + decided.compensation > limit


def too_much(decided: Recommendation) -> Decision | None:
    """What no event and no column of a total could carry."""
    total = decided.refund + decided.compensation + decided.freight
    if total <= MAX_AMOUNT:
        return None
    return refused(
        "above-limit",
        f"Refund, compensation and freight come to {total} minor units; a ruling gives at most {MAX_AMOUNT}. "
        "Depart from it with less.",
    )


def written(
    case: Case,
    decided: Recommendation,
    recommended: Recommendation,
    policy: Policy,
    given: Given,
    *,
    agent: str | None,
    findings: Any,
    depart: Any = None,
) -> Ruling:
    """The ruling with everything it rests on."""
    return Ruling(
        id=str(effect_id(given.cause, case.id, 0, "ruling")),
        status=RulingStatus.AWAITING_SECOND,
        made_at=given.now,
        agent=agent,
        rule=decided.rule or "R0",
        title=decided.title,
        liable=decided.liable,
        remedy=decided.remedy,
        refund=decided.refund,
        compensation=decided.compensation,
        freight=decided.freight,
        payer=decided.payer,
        carrier_claim=decided.carrier_claim,
        freight_bearer=decided.freight_bearer,
        counts_for_seller=decided.counts_for_seller,
        departed=None if depart is None else depart.reason,
        findings=dict(findings),
        explanation=explained(decided, recommended, policy, agent, case.currency) | {"sources": _sources(case)},
    )


def _sources(case: Case) -> dict[str, Any]:
    """What is on file was said by dispute when the review began; findings are the ruling's own."""
    file = Source("dispute.review_started", case.review_at or case.opened_at)
    return {name: msgspec.to_builtins(file) for name in ON_FILE}


def explained(
    decided: Recommendation, recommended: Recommendation, policy: Policy, agent: str | None, currency: str
) -> dict[str, Any]:
    """Rule, facts, policy, arithmetic and boundaries; for a departure also what was recommended."""
    explanation: dict[str, Any] = {
        "rule": decided.rule,
        "title": decided.title,
        "agent": agent,
        "facts": dict(decided.facts),
        "policy": dict(decided.rests_on),
        "policy_version": policy.identity,
        "amounts": computed(decided),
        "otherwise": msgspec.to_builtins([*decided.turns, *_four_eyes(decided, policy, currency, agent)]),
    }
    if decided is not recommended:
        explanation["recommended"] = {
            "remedy": recommended.remedy,
            "refund": recommended.refund,
            "compensation": recommended.compensation,
            "amounts": computed(recommended),
        }
    return explanation


def _four_eyes(decided: Recommendation, policy: Policy, currency: str, agent: str | None) -> Iterator[Boundary]:
    """Where another agent would have had to look too, or not; nobody's ruling needs none."""
    limit = four_eyes_above(policy, currency)
    if limit is not None and agent is not None:
        turn = "second_up_to" if above_limit(decided, currency, policy) else "second_above"
        yield Boundary(turn, amount=limit)


def computed(decided: Recommendation) -> dict[str, Any]:
    """Each amount with its value and the figures behind it."""
    figures = dict(decided.breakdown)
    of_compensation = figures.pop("compensation", {})
    amounts = {"refund": {**figures, "value": decided.refund}}
    if decided.compensation:
        extra = of_compensation if isinstance(of_compensation, dict) else {}
        amounts["compensation"] = {**extra, "value": decided.compensation}
    return amounts


def sent(
    case: Case, ruling: Ruling, policy: Policy, given: Given, how: str, before: tuple[CaseAssigned, ...] = ()
) -> Decision:
    """Dispute is told; it decides under its own lock and answers executed or overtaken."""
    ruling = replace(ruling, status=RulingStatus.SENT, sent_at=given.now)
    state, moves = moved(case.with_ruling(ruling), how)
    return Decision(
        state=state,
        events=(*before, _said(case, ruling, policy, given)),
        moves=moves,
        because=_because(ruling, policy),
        answer={**told(state), "ruling": ruling.id, "ruling_status": ruling.status.value},
    )


def _held(case: Case, ruling: Ruling, policy: Policy) -> Decision:
    limit = four_eyes_above(policy, case.currency)
    above = "the limit" if limit is None else shown(limit, case.currency)
    state, moves = moved(case.with_ruling(ruling), "ruled_above_limit")
    return Decision(
        state=state,
        moves=moves,
        because=replace(_because(ruling, policy), rule="transition 17, four eyes"),
        answer={
            **told(state),
            "ruling": ruling.id,
            "ruling_status": ruling.status.value,
            "next": f"Refund and compensation are above {above}: another agent must confirm.",
        },
    )


def _because(ruling: Ruling, policy: Policy) -> Because:
    return Because(
        ruling.rule,
        facts=ruling.explanation["facts"],
        policy=ruling.explanation["policy"],
        policy_version=policy.identity,
        title=ruling.title,
        sources=msgspec.convert(ruling.explanation.get("sources", {}), dict[str, Source]),
        amounts=ruling.explanation.get("amounts", {}),
        otherwise=msgspec.convert(ruling.explanation.get("otherwise", ()), tuple[Boundary, ...]),
    )


def _said(case: Case, ruling: Ruling, policy: Policy, given: Given) -> CaseRuled:
    return CaseRuled.model_validate(
        {
            "order": case.order,
            "dispute": case.id,
            "case": case.id,
            "at": given.now,
            "ruling": ruling.id,
            "rule": ruling.rule,
            "liable": ruling.liable,
            "remedy": ruling.remedy,
            "refund": ruling.refund,
            "compensation": ruling.compensation,
            "freight": ruling.freight,
            "payer": ruling.payer,
            "carrier_claim": ruling.carrier_claim,
            "freight_bearer": ruling.freight_bearer,
            "counts_for_seller": ruling.counts_for_seller,
            "agent": ruling.agent,
            "second": ruling.second,
            "departed": ruling.departed,
            "policy": policy.identity,
            "explanation": ruling.explanation,
        }
    )
