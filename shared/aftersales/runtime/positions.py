"""Where a service goes on reading, for the operator who has decided that what is gone is gone."""

from typing import Annotated, Final

import typer

from aftersales.errors import Failure
from aftersales.runtime.operate import AsJson, ServiceName
from aftersales.runtime.postgres import Pool
from aftersales.runtime.reach import rows, show, with_pool

LIST: Final = (
    "select topic, partition, next_offset, read_until, cluster_id from consumer_fence order by topic, partition"
)
# Under a higher epoch a process that holds the partition drops its batch and goes on from here.
SET: Final = "update consumer_fence set next_offset = $3, epoch = epoch + 1 where topic = $1 and partition = $2"
ADOPT: Final = "update consumer_fence set cluster_id = $1, epoch = epoch + 1"

commands = typer.Typer(
    name="positions", help="Where a service goes on reading: list, set, adopt.", no_args_is_help=True
)


@commands.command("list")
def list_positions(service: ServiceName, as_json: AsJson = False) -> None:
    """The next offset of every partition, and the instant up to which it has been read."""
    show(rows(service, LIST), as_json, "It has not read anything yet.")


@commands.command("set")
def set_position(
    topic: str,
    partition: Annotated[int, typer.Argument(min=0)],
    offset: Annotated[int, typer.Argument(min=0, help="The next record to read.")],
    service: ServiceName,
) -> None:
    """Go on reading at another record. Those skipped are never read; those read again are known repeats."""
    if not changed(service, SET, topic, partition, offset):
        raise Failure(
            f"{service} has no position in {topic}/{partition}. `aftersales positions list` names those it has."
        )
    print(f"{service} goes on at record {offset} of {topic}/{partition}.")


@commands.command("adopt")
def adopt_cluster(cluster: str, service: ServiceName) -> None:
    """Trust another Kafka cluster to hold the log read so far: after its copy has taken the old one's place."""
    count = changed(service, ADOPT, cluster)
    print(f"{service} reads its {count} partitions from the cluster {cluster} now.")


def changed(service: str, statement: str, *arguments: object) -> int:
    async def work(pool: Pool) -> int:
        return int((await pool.execute(statement, *arguments)).split()[-1])

    return with_pool(service, work)
