"""A policy in words, and the commands that say them."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from aftersales.cli import run
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.parse import origins, policy_of
from aftersales.policy.readers import DURATIONS
from aftersales.policy.words import differences, override_in_words, spoken

SPRING = dedent("""\
    name = "spring"
    version = 2
    profile = "classic"

    [with]
    "seller.response" = "PT36H"
    late.table = {7 = 5, "*" = 50}

    [[overrides]]
    from = 2026-02-01T00:00:00Z
    until = 2026-03-01T00:00:00Z
    parameter = "appeal.review"
    add_days = -1
    scope = {destination = "CN"}
""")


@pytest.fixture
def spring(tmp_path: Path) -> str:
    path = tmp_path / "spring.toml"
    path.write_text(SPRING)
    return str(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seller.response", "5 days"),
        ("service.review", "3 business days"),
        ("return.freight_cap", "none"),
        ("service.cap", "0 minor units"),
        ("late.table", "up to 7 days 10 %, up to 15 days 20 %, more 30 %"),
        ("quality.table", "medium 30 %, minor 10 %, severe 50 %"),
        ("promise.max", "any other 60 days, BR 120 days, RU 90 days"),
        ("reminder.before", "2 days and 1 day"),
        ("four_eyes.above", "500.00 EUR, 75000 JPY, 150.000 KWD, 500.00 USD"),
    ],
)
def test_spoken(name: str, words: str) -> None:
    assert spoken(name, getattr(policy_of("standard"), PARAMETERS[name].field)) == words


def test_every_parameter_says_what_it_sets() -> None:
    assert all(parameter.words for parameter in PARAMETERS.values())


def test_what_differs_is_said_in_words(spring: str) -> None:
    assert [(one.parameter, one.before, one.after) for one in differences(policy_of("classic"), policy_of(spring))] == [
        ("seller.response", "5 days", "36 hours"),
        ("late.table", "up to 7 days 10 %, up to 15 days 20 %, more 30 %", "up to 7 days 5 %, more 50 %"),
    ]


def test_where_each_value_comes_from(spring: str) -> None:
    where = origins(spring)
    assert (where["seller.response"], where["late.table"]) == ("spring.toml, line 6", "spring.toml, line 7")
    assert (where["escalate.auto_at"], where["reopen.max"]) == ("profile classic", "profile standard")
    assert where.keys() == PARAMETERS.keys()


def test_an_override_in_words(spring: str) -> None:
    [override] = policy_of(spring).overrides
    assert override_in_words(override) == (
        "appeal.review 1 days shorter for what starts from 2026-02-01 00:00:00 UTC until 2026-03-01 00:00:00 UTC, "
        "where destination is CN"
    )


def test_check_of_several_files_names_every_wrong_one(
    spring: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late, typo = tmp_path / "late.toml", tmp_path / "typo.toml"
    late.write_text('name = "late"\nversion = 1\n[with]\nseller.response = "5 days"\n')
    typo.write_text('name = "typo"\nversion = 1\n[with]\nseler.response = "P5D"\n')
    assert run(["policy", "check", spring, str(late), str(typo)]) == 2
    said = capsys.readouterr()
    assert said.out.startswith(f"{spring}: fine. spring@2#")
    assert said.err.splitlines() == [
        f'late.toml: seller.response: "5 days" is no ISO 8601 duration of {DURATIONS}, line 4.',
        "typo.toml: seler.response: no such parameter; the nearest is seller.response, line 4.",
    ]


def test_check_refuses_one_version_with_two_contents(
    spring: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "again.toml"
    again.write_text('name = "spring"\nversion = 2\n')
    assert run(["policy", "check", spring, str(again), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["fine"] is False
    assert "spring version 2 is there with two contents" in said["wrong"][0]


def test_check_refuses_the_shipped_version_with_other_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "standard"\nversion = 1\n[with]\nreopen.max = 9\n')
    assert run(["policy", "check", str(mine)]) == 2
    assert "standard version 1 is there with two contents" in capsys.readouterr().err


def test_show_prints_every_parameter(spring: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", spring]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in PARAMETERS)
    assert "seller.response                  36 hours  (spring.toml, line 6)" in said
    assert run(["policy", "show", spring, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["with"]["seller.response"] == {
        "value": "P1DT12H",
        "from": "spring.toml, line 6",
    }


def test_diff_of_two_files_and_of_one_with_standard(spring: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "classic", spring]) == 0
    assert "seller.response: 36 hours, was 5 days (the seller's time" in capsys.readouterr().out
    assert run(["policy", "diff", "classic"]) == 0
    assert "escalate.auto_at: 15 days, was 7 days" in capsys.readouterr().out
    assert run(["policy", "diff", "classic", "classic"]) == 0
    assert capsys.readouterr().out.endswith("Nothing differs.\n")
    assert run(["policy", "diff", "classic", "--json"]) == 0
    assert [one["parameter"] for one in json.loads(capsys.readouterr().out)["differs"]] == ["escalate.auto_at"]


def test_an_unknown_file_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "nope"]) == 2
    assert capsys.readouterr().err == (
        "nope: there is no such policy file, and no profile of that name; there are standard, classic, seven_day.\n"
    )
