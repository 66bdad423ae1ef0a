"""The vocabulary as one AsyncAPI 3.0 document, and as a JSON Schema for every event."""

import inspect
from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from aftersales.contracts.envelope import Event
from aftersales.contracts.words import MODULES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
UPSTREAM: Final = ("marketplace", "carrier")
SPEAKERS: Final = {"marketplace": "upstream", "carrier": "upstream", "tracking": "order-tracking"}
KEYS: Final = {
    "marketplace.parties": "party",
    "carrier.scans": "carrier and number",
    "arbitration.extensions": "order, or lane",
}
BINDING: Final = "0.5.0"
ENVELOPE: Final = "CloudEventHeaders"
DESCRIPTION: Final = (
    "What marketplaces and carriers tell the after-sales services, and what these say. Contracts only grow: a new "
    "field is optional, a new meaning is a new event. Listeners ignore fields they do not know."
)

# CloudEvents 1.0 over Kafka in binary mode: the attributes are headers, the body is the data alone.
HEADERS: Final[dict[str, Any]] = {
    "ce_specversion": {"const": "1.0", "description": "CloudEvents version"},
    "ce_id": {"type": "string", "description": "with ce_source the identity of the event; a repetition is dropped"},
    "ce_source": {"type": "string", "description": "who speaks; an order belongs to the source that placed it"},
    "ce_type": {"type": "string", "description": "the event's type with its major version"},
    "ce_subject": {"type": "string", "description": "what it is about; the record's key"},
    "ce_time": {"type": "string", "format": "date-time", "description": "when it was said: evidence, never a deadline"},
    "ce_sequence": {"type": "string", "description": "grows for each subject, with gaps; nobody waits for a gap"},
    "ce_causationid": {"type": "string", "description": "the cause this is an effect of"},
    "traceparent": {"type": "string", "description": "W3C trace context"},
}
REQUIRED_HEADERS: Final = ("ce_id", "ce_source", "ce_type")


class Plain(GenerateJsonSchema):
    """Without a title for every field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def events() -> list[type[Event]]:
    """The whole vocabulary in the order of its modules, whatever was imported first."""
    listed = Event.vocabulary.values()
    return [event for module in MODULES for event in listed if event.__module__ == module.__name__]


def topics() -> dict[str, list[type[Event]]]:
    """Every topic with its events."""
    found: dict[str, list[type[Event]]] = {}
    for event in events():
        found.setdefault(event.TOPIC, []).append(event)
    return found


def speaker(topic: str) -> str:
    """Who alone speaks on a topic: a service, or `upstream`."""
    prefix = topic.partition(".")[0]
    return SPEAKERS.get(prefix, prefix)


def key(topic: str) -> str:
    """What the records of a topic are keyed by."""
    return KEYS.get(topic, "order")


def event_schema(event: type[Event]) -> dict[str, Any]:
    """What a listener accepts; unknown fields are welcome."""
    schema = event.model_json_schema(mode="validation", schema_generator=Plain)
    return {"$schema": DIALECT, "$id": f"urn:aftersales:event:{event.TYPE}", **schema, "title": event.TYPE}


def document() -> dict[str, Any]:
    """The AsyncAPI document, from the system's side: it sends what its services say and receives what upstream says."""
    listed = topics()
    _, schemas = models_json_schema(
        [(event, "validation") for event in events()],
        ref_template="#/components/schemas/{model}",
        schema_generator=Plain,
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Aftersales events",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, said) for topic, said in listed.items()},
        "operations": {_operation_id(topic): _operation(topic, said) for topic, said in listed.items()},
        "components": {
            "messages": {event.TYPE: _message(event) for event in events()},
            "schemas": {ENVELOPE: _envelope(), **schemas["$defs"]},
        },
    }


def own_doc(event: type[Event]) -> str:
    """What an event's own docstring says, not its parent's."""
    return inspect.cleandoc(event.__dict__.get("__doc__") or "")


def _channel(topic: str, said: Iterable[type[Event]]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"Spoken by {speaker(topic)}; keyed by {key(topic)}.",
        "messages": {event.TYPE: {"$ref": f"#/components/messages/{event.TYPE}"} for event in said},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": BINDING}},
    }


def _operation_id(topic: str) -> str:
    return f"{'hear' if _heard(topic) else 'say'}.{topic}"


def _operation(topic: str, said: Iterable[type[Event]]) -> dict[str, Any]:
    return {
        "action": "receive" if _heard(topic) else "send",
        "channel": {"$ref": f"#/channels/{topic}"},
        "tags": [{"name": speaker(topic)}],
        "messages": [{"$ref": f"#/channels/{topic}/messages/{event.TYPE}"} for event in said],
    }


def _heard(topic: str) -> bool:
    return topic.partition(".")[0] in UPSTREAM


def _envelope() -> dict[str, Any]:
    return {"type": "object", "properties": HEADERS, "required": list(REQUIRED_HEADERS)}


def _message(event: type[Event]) -> dict[str, Any]:
    summary = own_doc(event).partition("\n\n")[0].replace("\n", " ")
    return {
        "name": event.TYPE,
        "title": event.__name__,
        **({"summary": summary} if summary else {}),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "allOf": [{"$ref": f"#/components/schemas/{ENVELOPE}"}],
            "properties": {"ce_type": {"const": event.TYPE}},
        },
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key(event.TOPIC)}, "bindingVersion": BINDING}},
    }
