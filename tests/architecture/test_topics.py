"""The declared topics are those of the contracts."""

from importlib import import_module
from pkgutil import iter_modules

from aftersales import contracts
from aftersales.contracts.envelope import Event
from aftersales.runtime.topics import declared
from aftersales_local.places import TOPICS

DECLARED = declared(TOPICS)


def test_every_topic_of_the_contracts_is_declared_and_no_other() -> None:
    for module in iter_modules(contracts.__path__):
        import_module(f"aftersales.contracts.{module.name}")
    assert {topic.name for topic in DECLARED} == {event.TOPIC for event in Event.vocabulary.values() if event.TOPIC}


def test_all_topics_have_the_same_number_of_partitions() -> None:
    assert {topic.partitions for topic in DECLARED} == {12}


def test_arrival_is_stamped_by_the_broker() -> None:
    assert {topic.config["message.timestamp.type"] for topic in DECLARED} == {"LogAppendTime"}


def test_a_full_record_of_the_outbox_fits() -> None:
    assert min(int(topic.config["max.message.bytes"]) for topic in DECLARED) > 204_800
