"""Generated histories: the same for the same seed, readable line by line, and as the parameters say."""

from collections import Counter
from pathlib import Path

import pytest

from aftersales.contracts.carrier import ParcelScanned
from aftersales.contracts.marketplace import ComplaintMade, OrderPlaced, ParcelShipped
from aftersales.errors import Failure
from aftersales_local.demo import olist
from aftersales_local.whatif import fit, generate
from aftersales_local.whatif.drawn import tables
from aftersales_local.whatif.generate import Part
from aftersales_local.whatif.lines import Told, read
from aftersales_local.whatif.sketch import Market


def lines(orders: int = 400, seed: int = 1, disputed: float = 10, scans: int = 5) -> list[bytes]:
    whole = b"".join(generate.lines(Part(Market(orders, seed), 1, orders, disputed, scans, Path("unused"))))
    return whole.splitlines()


def events(made: list[bytes]) -> list[Told]:
    return [told for line in made if (told := read(line)) is not None]


def test_the_same_seed_gives_the_same_history() -> None:
    assert lines(seed=7) == lines(seed=7)
    assert lines(seed=7) != lines(seed=8)


def test_every_line_is_an_event_with_an_id_of_its_own() -> None:
    made = lines()
    told = events(made)
    assert len(told) == len(made)
    repeated = [key for key, count in Counter((one.source, one.id) for one in told).items() if count > 1]
    assert len(repeated) < len(told) / 100  # the demo's people repeat a message now and then


def test_shares_are_as_asked_for() -> None:
    told = [one.event for one in events(lines(orders=2000, disputed=10))]
    kinds = Counter(type(event) for event in told)
    assert kinds[OrderPlaced] == 2000
    assert 0.08 < kinds[ComplaintMade] / 2000 < 0.12
    assert 4.9 < kinds[ParcelScanned] / kinds[ParcelShipped] <= 5


def test_an_order_rests_on_the_policy_s_promise_where_the_seller_made_none() -> None:
    placed = [one.event for one in events(lines()) if isinstance(one.event, OrderPlaced)]
    assert {order.promise_days is None for order in placed if order.carrier_service == "EMS"} == {True}
    assert {order.promise_days is None for order in placed if order.carrier_service == "CORREIOS"} == {False}


def test_a_file_holds_what_the_folder_s_parts_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "PART", 50)
    generate.generate(out=tmp_path / "parts", orders=120, seed=3)
    generate.generate(out=tmp_path / "whole.ndjson", orders=120, seed=3)
    parts = sorted((tmp_path / "parts").iterdir())
    assert len(parts) == 3
    assert b"".join(path.read_bytes() for path in parts) == (tmp_path / "whole.ndjson").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", "whole.ndjson"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "kept.ndjson").write_text("mine")
    with pytest.raises(Failure, match="is there already"):
        generate.generate(out=tmp_path / "kept.ndjson", orders=1)
    assert (tmp_path / "kept.ndjson").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "why"), [("x.txt", "ends in .ndjson"), ("x.ndjson.gz", "x.ndjson.gz"), ("", "no name")]
)
def test_a_name_that_is_no_history_s_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure, match=why):
        generate.generate(out=Path(name), orders=1)
    assert list(tmp_path.iterdir()) == []


def test_the_kept_figures_are_the_sample_s() -> None:
    path = olist.find()
    if path is None:
        pytest.skip("the sample of real orders is not beside the project")
    assert fit.fitted(olist.read(path)) == tables()["olist"]
