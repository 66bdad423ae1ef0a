"""The benchmark measures scans end to end on servers of its own that lose nothing, and refuses those it could harm."""

from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales_local import kafka as brokers
from aftersales_local import postgres
from aftersales_local.bench import deciding, disputes, scans
from aftersales_local.bench.peers import handwritten, naive
from aftersales_local.bench.stand import PEERS, Stand


async def test_the_smallest_figures_are_measured_on_servers_that_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would refuse a broker that is named, for it deletes topics.
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    if brokers.choose({}).kind != brokers.APACHE:
        pytest.skip("the benchmark needs Apache Kafka, and Java is not here")
    told: list[str] = []
    async with Stand(tmp_path, told.append) as stand:
        assert set(stand.durable.values()) == {"on"}
        rate, records = await scans.scans_a_second(stand, 1, 50)
        peer = await handwritten(stand, 5)
        naive_rate = (await naive(stand, 10))["naive"]
        assert await kept_by_the_naive_peer(stand) == (10, 2)
        told_of = await disputes.lifecycles_a_second(stand, 2, notices=True)
        decided = await deciding.alone(stand, 5)
    assert len(records) == 50
    assert rate > 0
    assert peer["handwritten"] > 0
    assert naive_rate > 0
    assert decided["decide"] > 0
    assert told_of > 0
    assert [size > 0 for size in stand.resident["order-tracking"]] == [True]
    assert len(told) == 2


async def kept_by_the_naive_peer(stand: Stand) -> tuple[int, int]:
    """Its scans, and the parcels that they show as delivered."""
    connection = await postgres.connected(stand.server.database(PEERS))
    try:
        scans_kept = await connection.fetchval("select count(*) from scan")
        return scans_kept, await connection.fetchval("select count(*) from parcel where status = 'delivered'")
    finally:
        await connection.close()


async def test_a_named_broker_is_refused_because_topics_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    with pytest.raises(Failure, match="the benchmark deletes topics"):
        await Stand(tmp_path, print).__aenter__()
