"""The AsyncAPI document: complete, whole in itself, and of one mind with the declared topics."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from aftersales.contracts.asyncapi import HEADERS, document, key, speaker, topics
from tests.contracts.hearing import EVENTS, body

DOCUMENT = document()
DECLARED: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parents[2] / "deploy/kafka/topics.toml").read_text(encoding="utf-8")
)["topics"]
OURS = {
    "tracking.parcels",
    "dispute.disputes",
    "dispute.settlements",
    "dispute.returns",
    "arbitration.cases",
    "arbitration.extensions",
    "notification.notices",
}


def references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from ([tree["$ref"]] if isinstance(tree.get("$ref"), str) else [])
        for value in tree.values():
            yield from references(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from references(value)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_leads_somewhere_inside() -> None:
    for reference in set(references(DOCUMENT)):
        assert resolved(reference)


def test_the_declared_topics_are_those_of_the_contracts() -> None:
    assert DECLARED.keys() == DOCUMENT["channels"].keys() == topics().keys()


@pytest.mark.parametrize("topic", topics())
def test_a_topic_has_the_declared_speaker_and_key(topic: str) -> None:
    assert (DECLARED[topic]["speaker"], DECLARED[topic]["key"]) == (speaker(topic), key(topic))


def test_every_event_is_a_message_of_its_topic() -> None:
    said = {name: topic for topic, channel in DOCUMENT["channels"].items() for name in channel["messages"]}
    assert said == {name: event.TOPIC for name, event in EVENTS.items()}


def test_every_topic_has_one_operation_and_only_ours_are_sent() -> None:
    operations = {op["channel"]["$ref"].removeprefix("#/channels/"): op for op in DOCUMENT["operations"].values()}
    assert operations.keys() == topics().keys()
    assert {topic for topic, operation in operations.items() if operation["action"] == "send"} == OURS


@pytest.mark.parametrize("name", EVENTS)
def test_a_message_names_its_type_in_the_headers(name: str) -> None:
    headers = DOCUMENT["components"]["messages"][name]["headers"]
    assert headers["properties"]["ce_type"] == {"const": name}
    assert resolved(headers["allOf"][0]["$ref"])["properties"] == HEADERS


@pytest.mark.parametrize("name", EVENTS)
def test_the_payload_describes_the_sample(name: str) -> None:
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    schema = {**payload, "components": DOCUMENT["components"]}
    jsonschema_rs.Draft7Validator(schema).validate(body(name))
