"""`aftersales explain` tells a dispute from the tables; its services' databases are named one by one."""

import asyncio
import json

import pytest

from aftersales.cli import run
from tests.services.dispute.conftest import Town
from tests.services.dispute.test_settled import COMPLAINT


async def explained(database: str, *words: str) -> int:
    return await asyncio.to_thread(run, ["explain", *words, "--database", f"dispute={database}"])


async def test_the_whole_story_in_time_order(
    town: Town, dispute_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.post("/disputes", COMPLAINT)
    await town.seller("/disputes/D1/refuse", {"counter": {"remedy": "refund", "amount": 9999}})
    await town.seller("/disputes/D1/accept", {})
    capsys.readouterr()
    assert await explained(dispute_database, "D1") == 0
    told = capsys.readouterr().out
    in_order = (
        "Dispute D1 on order O1, SNAD_COUNTERFEIT: REFUND_PENDING. refund 41.98 USD",
        "    D1: opened -> AWAITING_SELLER",
        '    the buyer: "The logo is upside down."',
        "    Transition 1: the buyer opens a dispute.",
        "marketplace.plan_refused (refused)",
        "    41.98 USD or less would have been taken.",
        "    Transition 3: the seller accepts the buyer's plan.",
        "    money: ",
    )
    places = [told.find(line) for line in in_order]
    assert -1 not in places, told
    assert places == sorted(places)


async def test_as_json_with_the_structure(
    town: Town, dispute_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.post("/disputes", COMPLAINT)
    capsys.readouterr()
    assert await explained(dispute_database, "D1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    opening = next(entry for entry in told["timeline"] if entry["what"] == "marketplace.complaint_made")
    assert (told["state"], opening["explanation"]["rule"]) == ("AWAITING_SELLER", "transition 1")
    assert opening["words"][0] == "Transition 1: the buyer opens a dispute."


async def test_an_unknown_dispute_is_one_sentence(
    town: Town, dispute_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await explained(dispute_database, "D9") == 2
    sentence = "There is no dispute D9 here. Check its name, and whether this is the right database.\n"
    assert capsys.readouterr().err.endswith(sentence)
