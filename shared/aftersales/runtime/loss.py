"""A log that lost records, or is another log than the one read so far, is never read on in silence (dangers A12)."""

from collections.abc import Iterable

from aftersales.errors import Failure
from aftersales.runtime.causes import Place
from aftersales.runtime.fence import Held, Partition, partition_of


def check_claim(partition: Partition, held: Held, beginning: int, end: int, cluster: str) -> None:
    """Failure where the fence and the log do not fit together. `cluster`: empty where the broker does not say."""
    if cluster and held.cluster_id and cluster != held.cluster_id:
        raise Failure(
            f"{partition.topic} was read from the cluster {held.cluster_id}; this one is {cluster}. "
            "Point KAFKA_BOOTSTRAP_SERVERS at the former, or trust this one with `aftersales positions adopt`."
        )
    if held.next_offset < beginning:
        raise lost(partition, held.next_offset, beginning)
    if held.next_offset > end:
        raise recreated(partition, held.next_offset, end)


def gaps(expected: dict[Partition, int], places: Iterable[Place]) -> dict[Partition, int]:
    """Where offsets are missing, and the first of them in each partition; moves `expected` past the places.

    A gap alone is no loss: the markers and the aborted records of an upstream producer's transactions take offsets too.
    """
    found: dict[Partition, int] = {}
    for place in places:
        partition = partition_of(place)
        wanted, expected[partition] = expected[partition], place.offset + 1
        if place.offset < wanted:
            raise recreated(partition, wanted, place.offset)
        if place.offset > wanted:
            found.setdefault(partition, wanted)
    return found


def lost(partition: Partition, expected: int, beginning: int) -> Failure:
    return Failure(
        f"Records {expected} to {beginning - 1} of {partition.topic}/{partition.partition} are gone: the log begins "
        f"at {beginning} now. Restore them, or accept the loss with `aftersales positions set`."
    )


def recreated(partition: Partition, expected: int, found: int) -> Failure:
    return Failure(
        f"{partition.topic}/{partition.partition} has record {found} where {expected} was to come: the topic or the "
        "cluster is another one. Find out which, then correct it with `aftersales positions set`."
    )
