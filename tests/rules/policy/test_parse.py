"""Policy files: what they may say, and the one sentence that names the place of what they may not."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from aftersales.errors import Failure
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.parse import parse, policy_of, values, with_changes
from aftersales.policy.readers import DURATIONS
from tests.rules.policy.builders import STANDARD, utc

HEAD = 'name = "spring"\nversion = 3\nprofile = "standard"\n'


def sentence(text: str) -> str:
    with pytest.raises(Failure) as failure:
        parse(text, "spring.toml")
    return failure.value.sentence


def said(body: str) -> str:
    return HEAD + dedent(body)


def test_only_what_is_named_differs_from_the_profile() -> None:
    policy = parse(said('[with]\nseller.response = "P4D"\n'), "spring.toml")
    changed = {name for name, value in values(policy).items() if value != values(STANDARD)[name]}
    assert changed == {"seller.response"}
    assert policy.seller_response == timedelta(days=4)


@pytest.mark.parametrize(
    "body",
    [
        '[with]\nseller.response = "P4D"\n',
        '[with]\n"seller.response" = "P4D"\n',
        '[with.seller]\nresponse = "P4D"\n',
        'with = {"seller.response" = "P4D"}\n',
        '[with]\nseller = {response = "P4D"}\n',
    ],
)
def test_quoted_dots_and_nested_tables_are_alike(body: str) -> None:
    assert parse(said(body), "spring.toml").identity == parse(said('[with]\nseller.response = "P4D"'), "x").identity


def test_the_identity_is_name_version_and_content() -> None:
    policy = parse(said(""), "spring.toml")
    assert policy.identity == f"spring@3#{STANDARD.content[:8]}"


def test_the_content_is_the_values_however_written() -> None:
    hours = parse(said('[with]\nseller.response = "PT120H"\nreminder.before = ["PT24H", "P2D"]\n'), "spring.toml")
    assert hours.content == STANDARD.content


def test_another_value_is_another_content() -> None:
    assert parse(said("[with]\nreopen.max = 3\n"), "spring.toml").content != STANDARD.content


def test_overrides_are_no_part_of_the_version() -> None:
    season = """
        [[overrides]]
        from = 2025-01-25T00:00:00Z
        until = 2025-02-10T00:00:00Z
        parameter = "seller.response"
        add_days = 5
        scope = {destination = "CN"}
    """
    policy = parse(said(season), "spring.toml")
    assert policy.content == STANDARD.content
    assert policy.overrides[0].add_days == 5
    assert policy.overrides[0].scope == {"destination": "CN"}


def test_in_force_from_the_beginning_unless_said() -> None:
    assert parse(said(""), "spring.toml").effective_from == utc(1970, 1, 1)
    later = parse(said("effective_from = 2026-03-01T08:00:00+08:00\n"), "spring.toml")
    assert later.effective_from == utc(2026, 3, 1)


def test_entries_of_a_table_that_are_not_named_stay() -> None:
    policy = parse(said('[with]\npromise.max.RU = "P75D"\n"promise.max.KZ" = "P80D"\n'), "spring.toml")
    assert policy.promise_max == {"RU": 75, "BR": 120, "*": 60, "KZ": 80}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '[with]\nseller.response = "5 days"',
            f'seller.response: "5 days" is no ISO 8601 duration of {DURATIONS}, line 5',
        ),
        (
            '\n[with.seller]\n\nresponse = "5 days"',
            f'seller.response: "5 days" is no ISO 8601 duration of {DURATIONS}, line 7',
        ),
        (
            '[with]\n"seller.response" = "5 days"',
            f'seller.response: "5 days" is no ISO 8601 duration of {DURATIONS}, line 5',
        ),
        ('[with]\nseller.response = "P1M"', f'seller.response: "P1M" is no ISO 8601 duration of {DURATIONS}, line 5'),
        ('[with]\nseller.response = "P"', f'seller.response: "P" is no ISO 8601 duration of {DURATIONS}, line 5'),
        ('[with]\nseller.response = "PT"', f'seller.response: "PT" is no ISO 8601 duration of {DURATIONS}, line 5'),
        ('[with]\nseller.response = "P5DT"', f'seller.response: "P5DT" is no ISO 8601 duration of {DURATIONS}, line 5'),
        ('[with]\nseller.response = "P٥D"', f'seller.response: "P٥D" is no ISO 8601 duration of {DURATIONS}, line 5'),
        ("[with]\nseller.response = 5", f"seller.response: 5 is no ISO 8601 duration of {DURATIONS}, line 5"),
        ('[with]\nseler.response = "P5D"', "seler.response: no such parameter; the nearest is seller.response, line 5"),
        ("[with.seller]\nsilent = 1", "seller.silent: no such parameter; the nearest is seller.silence, line 5"),
        ('[with]\nappeal.review = "PT36H"', 'appeal.review: "PT36H" is not a number of whole days, line 5'),
        ("[with]\nreopen.max = nan", "reopen.max: NaN is not a whole number from 0 to 100, line 5"),
        ("[with]\nservice.cap = -inf", "service.cap: -Infinity is no amount in minor units"),
        (f"[with]\nreopen.max = 1{'0' * 30}", f"reopen.max: 1{'0' * 30} is not a whole number from 0 to 100, line 5"),
        (f"[with]\nreopen.max = 1{'0' * 300}", f"reopen.max: 1{'0' * 99}... is not a whole number"),
        (f"[with]\nreopen.max = 0x{'f' * 5000}", "reopen.max: this is not a whole number from 0 to 100, line 5"),
        ("[with]\nreopen.max = true", "reopen.max: true is not a whole number from 0 to 100, line 5"),
        (
            "[with]\nservice.cap = 30.0",
            "service.cap: 30.0 is no amount in minor units (a whole number, 0 or more), line 5",
        ),
        ("[with]\nservice.cap = -1", "service.cap: -1 is no amount in minor units (a whole number, 0 or more), line 5"),
        ("[with]\ncalendar = 'CN'", 'calendar: "CN" is none of weekdays, line 5'),
        (
            "[with]\ncounterfeit.base = 'gross'",
            'counterfeit.base: "gross" is none of charged_unit_price, net_paid_goods, line 5',
        ),
        ("[with]\nreopen.max = 1" + 20 * "0", f"reopen.max: 1{20 * '0'} is not a whole number from 0 to 100, line 5"),
        ("[with]\nquality.table.minor = 101", "quality.table.minor: 101 is not a whole number from 0 to 100, line 5"),
        ("[with.quality.table]\nmild = 10", "quality.table.mild: is none of minor, medium, severe, line 5"),
        ('[with.promise.max]\nUSA = "P5D"', 'promise.max.USA: is no name such as US, nor "*", line 5'),
        (
            "[with.four_eyes.above]\nusd = 5",
            "four_eyes.above.usd: is no currency this system settles in; expected one of AED, ",
        ),
        (
            "[with.late.table]\n7 = 10",
            'late.table: {"7":10} does not say what any later day gives; name it "*", line 4',
        ),
        ('[with]\nescalate.manual_to = "P1D"', "escalate.manual_to: comes before escalate.manual_from, line 5"),
        ('[with]\n"reopen.max" = 1\nreopen = {max = 2}', "reopen.max: is given twice, line 6"),
        (
            "[with]\ndisplay.zone = 'Mars/Olympus'",
            'display.zone: "Mars/Olympus" is no time zone such as "Europe/Berlin", line 5',
        ),
        ("with = 5", "with: is no table, line 4"),
        ("rules = 5", "rules: is none of name, version, profile, effective_from, with, overrides, line 4"),
        ("effective_from = 2026-03-01", 'effective_from: "2026-03-01" is no instant with its zone'),
        (
            "effective_from = 0001-01-01T00:00:00+14:00",
            'effective_from: "0001-01-01T00:00:00+14:00" is out of range in UTC',
        ),
        ("effective_from = '2026-03-01T00:00:00'", "is no instant with its zone, such as 2026-03-01T00:00:00Z, line 4"),
        ("[[overrides]]\nparameter = 'x'", 'overrides[0].parameter: "x" is no parameter; the nearest is'),
        ("overrides = [5]", "overrides[0]: 5 is no table"),
    ],
)
def test_refused_with_the_place(body: str, expected: str) -> None:
    assert expected in sentence(HEAD + body)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ('value = "5"', f'seller.response: "5" is no ISO 8601 duration of {DURATIONS}, line 13'),
        ("add_days = 1.5", "overrides[1].add_days: 1.5 is no number of days, line 13"),
        ('value = "P5D"\nadd_days = 1', "overrides[1]: takes either value or add_days, line 9"),
        ('value = "P5D"\nscope = {buyer = "anna"}', "overrides[1].scope.buyer: is none of seller, destination"),
        ('value = "P5D"\n[overrides.scope]\nseller = 5', "overrides[1].scope.seller: 5 is no text, line 15"),
        (
            'value = "P5D"\nwhen = 5',
            "overrides[1].when: is none of from, until, parameter, value, add_days, scope, line 14",
        ),
    ],
)
def test_an_override_is_refused_with_the_place(override: str, expected: str) -> None:
    fine = '[[overrides]]\nfrom = 2025-01-01T00:00:00Z\nuntil = 2025-02-01T00:00:00Z\nparameter = "seller.response"\n'
    assert expected in sentence(HEAD + fine + "add_days = 1\n" + fine + override)


def test_an_override_that_ends_before_it_begins_is_refused() -> None:
    text = said("""
        [[overrides]]
        from = 2025-02-01T00:00:00Z
        until = 2025-02-01T00:00:00Z
        parameter = "seller.response"
        add_days = 1
    """)
    assert "overrides[0].until: must come after from, line 7" in sentence(text)


def test_days_cannot_be_added_to_what_is_no_duration() -> None:
    window = {"from": "2025-01-01T00:00:00Z", "until": "2025-02-01T00:00:00Z"}
    with pytest.raises(Failure, match=r"counterfeit\.base is no duration that days could be added to"):
        with_changes(STANDARD, {}, [{**window, "parameter": "counterfeit.base", "add_days": 1}])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("version = 1", "name: null is no name"),
        ('name = "A B"\nversion = 1', 'name: "A B" is no name such as "spring-sale", line 1'),
        ('name = "a"', "version: null is no version"),
        ('name = "a"\nversion = 0', "version: 0 is no version; they are counted 1, 2, 3, line 2"),
        (f'name = "a"\nversion = 0x{"f" * 5000}', "version: this is no version; they are counted 1, 2, 3, line 2"),
        (f"name = {'9' * 5000}", "this holds a number with more digits than can be read"),
        (f"name = {'[' * 5000}", "this is nested too deeply"),
        ('name = "a"\nversion = true', "version: true is no version"),
        ('name = "a"\nversion = 1\nprofile = "b"', 'profile: "b" is none of standard, classic, seven_day, line 3'),
        ('name = "a"\nversion = 1\nprofile = "none"', "open.earliest_after_ship: is missing"),
        ("a b", "this is no TOML: Expected '=' after a key in a key/value pair (at line 1, column 3)"),
    ],
)
def test_the_head_is_refused_with_the_place(head: str, expected: str) -> None:
    assert expected in sentence(head)


def test_a_sentence_names_the_file_and_is_one_line() -> None:
    assert sentence(said("[with]\nreopen.max = 'many'")).startswith("spring.toml: reopen.max: ")
    assert "\n" not in sentence(said("[with]\nreopen.max = 'many\\nmore'"))


def test_read_when_it_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text(HEAD, encoding="utf-8-sig")
    assert policy_of(str(path)).name == "spring"


def test_an_empty_name_is_called_one() -> None:
    with pytest.raises(Failure, match="A policy's name is empty"):
        policy_of("")


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="this is a folder; name a policy file in it"):
        policy_of(str(tmp_path))


def test_the_place_of_a_value_after_a_list_over_several_lines() -> None:
    body = '[with]\nreminder.before = [\n  "P1D", # the last day\n]\nreopen.max = "x"\n'
    assert sentence(HEAD + body).endswith("line 8.")


def test_values_are_written_as_they_are_read() -> None:
    again = with_changes(STANDARD, values(STANDARD))
    assert again == STANDARD


def test_every_parameter_has_a_field_of_its_own() -> None:
    assert len({parameter.field for parameter in PARAMETERS.values()}) == len(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("service.review", "P4D", "service_review_business_days", 4),
        ("return.freight_cap", 900, "return_freight_cap", 900),
        ("return.freight_cap", None, "return_freight_cap", None),
        ("escalate.manual_from", "none", "escalate_manual_from", None),
        ("four_eyes.above", 100, "four_eyes_above", {"*": 100}),
        ("four_eyes.above", {"JPY": 100}, "four_eyes_above", {"JPY": 100}),
        ("four_eyes.above", "none", "four_eyes_above", {}),
        ("promise.max", "P30D", "promise_max", {"*": 30}),
        ("late.table", {"3": 5, "*": 50}, "late_table", ((3, 5), (None, 50))),
        ("quality.table", {"minor": 15}, "quality_table", {"minor": 15, "medium": 30, "severe": 50}),
        ("reminder.before", [], "reminder_before", ()),
        ("open.earliest_after_ship", "P0D", "open_earliest_after_ship", timedelta(0)),
        ("seller.response", "P1DT2H3M4S", "seller_response", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_a_story_changes_one_parameter(name: str, value: object, field: str, expected: object) -> None:
    assert getattr(with_changes(STANDARD, {name: value}), field) == expected


def test_a_storys_wrong_value_is_refused_without_a_line() -> None:
    with pytest.raises(Failure) as failure:
        with_changes(STANDARD, {"seller.response": "5 days"})
    said = f'policy.with.seller.response: "5 days" is no ISO 8601 duration of {DURATIONS}.'
    assert failure.value.sentence == said


def test_a_storys_wrong_override_is_refused_with_its_own_place() -> None:
    said = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z", "parameter": "reopen.max", "value": "many"}
    with pytest.raises(Failure) as failure:
        with_changes(STANDARD, {}, [said], where="S.json: policy")
    assert failure.value.sentence.startswith('S.json: policy.overrides[0].value: "many" is not a whole number')


def test_changes_keep_name_and_version_and_make_another_identity() -> None:
    changed = with_changes(STANDARD, {"service.cap": 3000})
    assert (changed.name, changed.version) == ("standard", 1)
    assert changed.identity != STANDARD.identity
