"""Which policies a process knows and which one judges an order (rulebook section 2)."""

from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales.policy.parse import load_book, values
from tests.rules.policy.builders import STANDARD, utc

SPRING = 'name = "spring"\nversion = 1\neffective_from = 2026-03-01T00:00:00Z\n[with]\nseller.response = "P4D"\n'
DAY = timedelta(days=1)


def test_three_profiles_are_shipped() -> None:
    assert sorted(policy.name for policy in load_book().policies) == ["classic", "seven_day", "standard"]


def test_classic_escalates_by_itself_after_15_days() -> None:
    classic = load_book().profile("classic")
    assert {n for n, v in values(classic).items() if v != values(STANDARD)[n]} == {"escalate.auto_at"}
    assert (classic.escalate_manual_from, classic.escalate_manual_to) == (3 * DAY, 15 * DAY)
    assert classic.escalate_auto_at == 15 * DAY


def test_seven_day_is_never_escalated_by_hand() -> None:
    seven_day = load_book().profile("seven_day")
    assert seven_day.escalate_manual_from is None
    assert seven_day.escalate_manual_to is None
    assert seven_day.escalate_auto_at == 7 * DAY


@pytest.mark.parametrize("placed", [utc(1970, 1, 1), utc(2025, 5, 1), utc(2100, 1, 1)])
def test_standard_alone_is_in_force_by_default(placed: object) -> None:
    assert load_book().in_force(placed) == STANDARD  # type: ignore[arg-type]


def test_a_file_of_the_folder_judges_the_orders_placed_from_its_day_on(tmp_path: Path) -> None:
    (tmp_path / "spring.toml").write_text(SPRING)
    book = load_book(tmp_path)
    assert book.in_force(utc(2026, 2, 28, 23, 59, 59)).name == "standard"
    assert book.in_force(utc(2026, 3, 1)).name == "spring"


def test_an_order_stays_under_the_version_it_is_pinned_to(tmp_path: Path) -> None:
    (tmp_path / "spring.toml").write_text(SPRING)
    book = load_book(tmp_path)
    assert book.named(STANDARD.identity) == STANDARD


def test_an_identity_that_is_not_known_stops_the_caller() -> None:
    with pytest.raises(Failure, match="spring@1#00000000 is not known here"):
        load_book().named("spring@1#00000000")


def test_of_two_versions_from_one_day_the_higher_is_in_force(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SPRING.replace("version = 1", "version = 2"))
    (tmp_path / "b.toml").write_text(SPRING)
    assert load_book(tmp_path).in_force(utc(2026, 3, 1)).version == 2


def test_the_newest_version_is_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SPRING.replace("version = 1", "version = 2"))
    (tmp_path / "b.toml").write_text(SPRING)
    assert load_book(tmp_path).profile("spring").version == 2


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Failure, match='There is no policy "sprung" here; there are classic, seven_day, standard'):
        load_book().profile("sprung")


def test_a_version_with_two_contents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SPRING)
    (tmp_path / "b.toml").write_text(SPRING.replace("P4D", "P3D"))
    with pytest.raises(Failure, match=r"b\.toml: spring version 1 is known with other values"):
        load_book(tmp_path)


def test_the_shipped_policy_is_not_changed_under_its_own_version(tmp_path: Path) -> None:
    (tmp_path / "standard.toml").write_text('name = "standard"\nversion = 1\n[with]\nreopen.max = 5\n')
    with pytest.raises(Failure, match="standard version 1 is known with other values"):
        load_book(tmp_path)


def test_a_season_is_published_for_a_version_that_is_pinned_already(tmp_path: Path) -> None:
    (tmp_path / "season.toml").write_text(
        'name = "standard"\nversion = 1\n[[overrides]]\nfrom = 2026-01-25T00:00:00Z\nuntil = 2026-02-10T00:00:00Z\n'
        'parameter = "seller.response"\nadd_days = 5\n'
    )
    book = load_book(tmp_path)
    assert len(book.named(STANDARD.identity).overrides) == 1
    assert book.in_force(utc(2025, 5, 1)).identity == STANDARD.identity


def test_a_season_without_a_date_does_not_move_the_day_of_its_version(tmp_path: Path) -> None:
    (tmp_path / "spring.toml").write_text(SPRING)
    season = "[[overrides]]\nfrom = 2026-01-25T00:00:00Z\nuntil = 2026-02-10T00:00:00Z\n"
    season += 'parameter = "reopen.max"\nvalue = 3\n'
    (tmp_path / "season.toml").write_text(SPRING.replace("effective_from = 2026-03-01T00:00:00Z\n", "") + season)
    book = load_book(tmp_path)
    assert book.in_force(utc(2026, 2, 1)).name == "standard"
    assert len(book.in_force(utc(2026, 3, 1)).overrides) == 1


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"AFTERSALES_POLICY_DIR names .*/nowhere, which is no folder"):
        load_book(tmp_path / "nowhere")


def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(Failure, match=r"a\.toml cannot be read"):
        load_book(tmp_path)
