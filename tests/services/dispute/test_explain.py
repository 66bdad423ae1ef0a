"""`aftersales explain` tells a dispute from the tables; its services' databases are named one by one."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from aftersales.cli import run
from aftersales.runtime.migrate import migrate
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


NOTICE = """
    insert into notice (id, order_id, dispute, step, party, recipient, channel, type, title, words, at)
    values (gen_random_uuid(), 'O1', 'D1', 's', 'seller', 'shop', 'inbox', 'dispute.opened', 'Dispute opened',
            'Answer in time.', '2025-05-01T09:00:00Z')
"""


async def test_with_what_the_other_services_say(
    town: Town,
    dispute_database: str,
    make_database: Callable[[], Awaitable[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = {service: await make_database() for service in ("order-tracking", "arbitration", "notification")}
    for service, url in others.items():
        await asyncio.to_thread(migrate, service.replace("-", "_"), url)
    connection = await asyncpg.connect(others["notification"])
    await connection.execute(NOTICE)
    await connection.close()
    await town.post("/disputes", COMPLAINT)
    capsys.readouterr()
    named = [word for service, url in others.items() for word in ("--database", f"{service}={url}")]
    assert await explained(dispute_database, "D1", *named) == 0
    assert "    to the seller (inbox): Dispute opened. Answer in time." in capsys.readouterr().out


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
