"""The partitions of a broker's topics."""

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def all_partitions(bootstrap: str) -> list[TopicPartition]:
    """Of every topic that is not the broker's own."""
    # A consumer knows only the partitions of topics that it was told to read.
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = await admin.describe_topics()
    finally:
        await admin.close()
    return sorted(
        TopicPartition(topic["topic"], partition["partition"])
        for topic in topics
        if not topic["topic"].startswith("_")
        for partition in topic["partitions"]
    )
