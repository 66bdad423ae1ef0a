"""A party reads their own notices, and nobody else's."""

from uuid import uuid4

import pytest

from aftersales.contracts import dispute as said
from tests.rules.notification.builders import DAY, NOW, a_step
from tests.support.served import Served


@pytest.fixture
async def told(notification: Served) -> Served:
    """Two disputes of two orders: one of anna's, one of bert's, both with the shop."""
    await notification.clock(NOW)
    await notification.hears(a_step(said.DisputeOpened), source="dispute")
    await notification.clock(NOW + DAY)
    await notification.hears(
        a_step(said.DisputeOpened, order="O2", dispute="D2", buyer="bert"),
        a_step(said.DisputeAgreed, step=2),
        source="dispute",
    )
    return notification


async def orders(told: Served, role: str, sub: str, **query: object) -> list[str]:
    items = (await told.get("/inbox", role=role, sub=sub, **query)).json()["items"]
    return [item["order"] for item in items]


async def test_own_notices_the_newest_first(told: Served) -> None:
    items = (await told.get("/inbox", role="buyer", sub="anna")).json()["items"]
    assert [item["type"] for item in items] == ["dispute.agreed", "dispute.opened"]
    assert items[1]["text"].startswith("Dispute D1 on order O1. You ask for a refund of 20.00 USD")
    assert items[1]["read_at"] is None


async def test_nobody_elses(told: Served) -> None:
    assert await orders(told, "buyer", "bert") == ["O2"]
    assert sorted(await orders(told, "seller", "shop")) == ["O1", "O1", "O2"]
    assert await orders(told, "seller", "anna") == []
    assert await orders(told, "buyer", "shop") == []


async def test_filtered_by_order_and_dispute(told: Served) -> None:
    assert await orders(told, "seller", "shop", order="O2") == ["O2"]
    assert await orders(told, "seller", "shop", dispute="D1") == ["O1", "O1"]


async def test_pages_hold_every_notice_once(told: Served) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await told.get("/inbox", role="seller", sub="shop", **query)).json()
        seen += [item["notice"] for item in page["items"]]
        cursor = page["next"]
    assert (len(set(seen)), cursor) == (3, None)


async def test_read_once_however_often_it_is_marked(told: Served) -> None:
    notice = (await told.get("/inbox", role="buyer", sub="bert")).json()["items"][0]["notice"]
    first = await told.post(f"/inbox/{notice}/read", role="buyer", sub="bert")
    again = await told.post(f"/inbox/{notice}/read", role="buyer", sub="bert")
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert await told.one("select count(*) from reading") == 1
    assert [type_ for type_, _ in await told.said()].count("notification.notice_read.v1") == 1
    one = (await told.get(f"/inbox/{notice}", role="buyer", sub="bert")).json()
    assert one["read_at"] == "2025-05-02T09:00:00Z"
    assert await orders(told, "buyer", "bert", unread="true") == []
    assert await orders(told, "buyer", "bert", unread="false") == ["O2"]


async def test_marked_again_with_the_same_answer_when_its_cause_is_forgotten(told: Served) -> None:
    notice = (await told.get("/inbox", role="buyer", sub="bert")).json()["items"][0]["notice"]
    first = await told.post(f"/inbox/{notice}/read", role="buyer", sub="bert")
    await told.pool.execute("delete from http_request; delete from inbox")
    again = await told.post(f"/inbox/{notice}/read", role="buyer", sub="bert")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await told.one("select count(*) from reading") == 1


@pytest.mark.parametrize(
    ("role", "sub"), [("buyer", "anna"), ("seller", "bert"), ("seller", "shop"), ("agent", "kim"), ("service", "x")]
)
async def test_not_found_when_it_is_anothers(told: Served, role: str, sub: str) -> None:
    notice = (await told.get("/inbox", role="buyer", sub="bert")).json()["items"][0]["notice"]
    assert (await told.get(f"/inbox/{notice}", role=role, sub=sub)).status_code == 404
    assert (await told.post(f"/inbox/{notice}/read", role=role, sub=sub)).status_code == 404
    assert await told.one("select count(*) from reading") == 0


async def test_not_found_when_there_is_none_or_it_left_over_another_channel(told: Served) -> None:
    to_file = await told.one("select id from notice where recipient = 'bert' and channel = 'file'")
    for notice in (to_file, uuid4()):
        assert (await told.get(f"/inbox/{notice}", role="buyer", sub="bert")).status_code == 404


async def test_an_order_s_notices_are_shown_to_agents_alone(told: Served) -> None:
    items = (await told.get("/notices", role="agent", order="O1")).json()["items"]
    assert sorted({(item["party"], item["channel"]) for item in items}) == [
        ("buyer", "file"),
        ("buyer", "inbox"),
        ("seller", "file"),
        ("seller", "inbox"),
    ]
    assert {(item["channel"], item["sent_at"] is None) for item in items} == {("inbox", False), ("file", True)}
    for role, sub in (("buyer", "anna"), ("seller", "shop"), ("service", "market")):
        assert (await told.get("/notices", role=role, sub=sub, order="O1")).status_code == 404
