"""A value nobody knows is refused with what was expected and where, whichever way it comes in."""

from typing import Any

import pytest
from pydantic import ValidationError

from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.marketplace import OrderPlaced, Plan
from aftersales.errors import Failure
from aftersales.policy.parse import load_book, parse
from aftersales.rulebook.reasons import REASONS
from aftersales_local.stories.story import parse as parse_story
from tests.rules.arbitration.builders import ruled
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.rules.dispute.world import a_world, opened
from tests.stories.story_files import OPENED as OPEN_STEP
from tests.stories.story_files import ORDER, a_story


@pytest.mark.parametrize(
    ("word", "said", "place", "expected"),
    [
        (Plan, {"remedy": "gift", "amount": 1}, "remedy", "'refund' or 'return'"),
        (OrderPlaced, {**say.an_order().model_dump(), "currency": "XYZ"}, "currency", "expected one of AED, ARS"),
        (ParcelScanned, {"status": "arrived"}, "status", "'in_transit', 'out_for_delivery'"),
    ],
)
def test_by_the_contract_that_both_doors_share(word: Any, said: dict[str, Any], place: str, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        word.model_validate(said)
    [why] = [error["msg"] for error in refused.value.errors() if error["loc"] == (place,)]
    assert expected in why


@pytest.mark.parametrize("reason", ["NO_SUCH", "snad_quality", "INR_"])
def test_a_reason_when_it_is_given_first_and_when_it_is_changed(reason: str) -> None:
    expected = f"{reason} is no reason. Known are {', '.join(REASONS)}."
    first = a_world().hear(say.a_complaint(reason=reason), OPENED)
    later = opened().hear(say.change(1000, reason=reason), OPENED)
    assert [(one.slug, one.sentence) for one in (first, later)] == [("unknown-reason", expected)] * 2


@pytest.mark.parametrize(
    ("findings", "slug", "expected"),
    [
        ({"colour": "red"}, "unknown-finding", "colour is no finding; expected one of address_error, amount"),
        ({"counterfeit": "perhaps"}, "unknown-value", 'counterfeit is "perhaps"; expected upheld or not_proven'),
        ({"damaged": "yes"}, "unknown-value", 'damaged is "yes"; expected true'),
        ({"seller_share": 101}, "unknown-value", "seller_share is 101; expected whole percent from 0 to 100"),
    ],
)
def test_a_finding_and_its_value(findings: dict[str, Any], slug: str, expected: str) -> None:
    refused = ruled("SNAD_QUALITY", **findings)
    assert refused.refused == slug
    assert expected in str(refused.sentence)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"seler.response" = "P5D"', "seler.response: no such parameter; the nearest is seller.response, line 4"),
        ('service.eligible.reasons = ["SNAD_COLOUR"]', 'service.eligible.reasons: "SNAD_COLOUR" is none of INR_IN_'),
        ('service.eligible.remedies = ["gift"]', 'service.eligible.remedies: "gift" is none of refund, return'),
        ('return.freight_payer.GIFT = "buyer"', "return.freight_payer.GIFT: is none of NOT_RECEIVED, NOT_AS_DESCR"),
        ("four_eyes.above.XYZ = 1", "four_eyes.above.XYZ: is no currency this system settles in; expected one of AED"),
    ],
)
def test_a_parameter_and_what_it_names(body: str, expected: str) -> None:
    with pytest.raises(Failure) as refused:
        parse(f'name = "spring"\nversion = 1\n[with]\n{body}\n', "spring.toml")
    assert expected in refused.value.sentence
    assert refused.value.sentence.endswith(", line 4.")


@pytest.mark.parametrize(
    ("story", "place", "expected"),
    [
        (a_story(orders=[{**ORDER, "currency": "XYZ"}]), "orders[0].currency", "expected one of AED, ARS"),
        (a_story({**OPEN_STEP, "want": {"remedy": "gift", "amount": 1}}), "steps[0].want.remedy", "refund or return"),
        (
            a_story(then=[{"at": OPEN_STEP["at"], "dispute": "D1", "reason": "SNAD_COLOUR"}]),
            "then[0].reason",
            "expected INR_IN_TRANSIT",
        ),
        (a_story(policy={"profile": "spring"}), "policy.profile", "there are classic, seven_day, standard"),
        (a_story(policy={"with": {"seler.response": "P5D"}}), "policy.with", "the nearest is seller.response"),
    ],
)
def test_in_a_story(story: Any, place: str, expected: str) -> None:
    with pytest.raises(Failure) as refused:
        parse_story(story, "S.json").judged_by(load_book())
    assert place in refused.value.sentence
    assert expected in refused.value.sentence
