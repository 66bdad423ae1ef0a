"""A small case that the facts decide is ruled without an agent as its review begins (`auto_rule.below`)."""

from msgspec.structs import replace

from aftersales.contracts import dispute as said
from aftersales.decision import Decision, Given
from aftersales.policy.calendar import parameter
from aftersales.policy.model import Policy
from arbitration.domain.case import Case
from arbitration.rules import dispute_steps
from arbitration.rules.recommend import Recommendation, recommend
from arbitration.rules.ruling import above_limit, sent, written

NOTHING_FITS = "R0"


def start_review(case: Case | None, event: said.DisputeReviewStarted, given: Given) -> Decision:
    started = dispute_steps.start_review(case, event, given)
    reviewed: Case | None = started.state
    if reviewed is None:
        return started
    policy = given.policies.named(reviewed.policy)
    recommended = recommend(reviewed.file, reviewed.reason, {}, policy, given.now)
    if not _may_rule(recommended, reviewed, policy, given):
        return started
    ruling = written(reviewed, recommended, recommended, policy, given, agent=None, findings={})
    ruled = sent(reviewed, ruling, policy, given, "ruled")
    return replace(ruled, timers=started.timers, moves=(*started.moves, *ruled.moves))


def _may_rule(recommended: Recommendation, case: Case, policy: Policy, given: Given) -> bool:
    """Facts alone: a reason that only counts as found (rulebook 8.36) and contested goods are for a person to see."""
    below: int = parameter(policy, "auto_rule.below", given.now, dispute_steps.scope(case.seller, case.file))
    contested = case.file.back is not None and case.file.back.end == "contested"
    decided = (
        recommended.refused is None
        and recommended.rule != NOTHING_FITS
        and "counted_as_found" not in recommended.facts
        and not contested
    )
    small = recommended.refund + recommended.compensation < below
    return decided and small and not above_limit(recommended, case.currency, policy)
