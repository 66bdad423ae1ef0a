"""What the desk decides names its policy; what an agent is refused says why, as everything that is decided does."""

from functools import wraps
from typing import Any, Final

from msgspec.structs import replace

from aftersales.decision import Because, Decision, Given, Rule
from aftersales.rulebook.titles import TITLES
from arbitration.domain.case import Case
from arbitration.domain.commands import DeskCommand

# The transition that a command of the desk would have been; others are none.
NUMBERS: Final = {
    "arbitration.ruling_made": "17",
    "arbitration.ruling_seconded": "17",
    "arbitration.proposal_made": "16",
    "arbitration.service_decision_made": "23",
    "arbitration.appeal_judged": "25",
}


def under_its_policy(rule: Rule) -> Rule:
    """A rule about a case, which is judged by the policy of its order whatever is decided."""

    @wraps(rule)
    def decide(case: Case | None, said: Any, given: Given) -> Decision:
        decision = rule(case, said, given)
        because, known = decision.because, decision.state or case
        if because is None or because.policy_version is not None or known is None:
            return decision
        return replace(decision, because=replace(because, policy_version=known.policy))

    return decide


def answered(rule: Rule) -> Rule:
    """The rule of a command, whose refusals name who spoke, what they stated, and how the case stood."""

    judged = under_its_policy(rule)

    @wraps(rule)
    def decide(case: Case | None, said: DeskCommand, given: Given) -> Decision:
        decision = judged(case, said, given)
        if decision.slug is None or case is None:
            return decision
        before = decision.because or Because("")
        return replace(
            decision,
            because=replace(
                before,
                rule=f"refused: {decision.slug}",
                title=TITLES[NUMBERS[said.name()]].name if said.name() in NUMBERS else None,
                facts={**before.facts, **_facts(case, said)},
                policy_version=case.policy,
            ),
        )

    return decide


def _facts(case: Case, said: DeskCommand) -> dict[str, Any]:
    facts = {"agent": said.agent, "role": said.role, "status": case.status.value, "version": case.version}
    for name in ("findings", "seen", "ruling"):
        stated = getattr(said, name, None)
        if stated:
            facts[name] = stated
    return facts
