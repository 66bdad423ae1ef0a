"""The 54 kinds of bad input, by number, and which tests have which of them over which door.

A kind is tested over both doors, or it is said why one of them has no such input; what waits says for what.
`tests/services/bad_input/test_all_kinds.py` holds this complete.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

HTTP: Final = "HTTP"
KAFKA: Final = "Kafka"
BOTH: Final = (HTTP, KAFKA)

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kind:
    """no_http, no_kafka: why there is no such input over that door. waits: what of it is not tested yet, and for what
    it waits; where nothing is tested, all of it."""

    what: str
    no_http: str | None = None
    no_kafka: str | None = None
    waits: str | None = None


NO_REQUEST: Final = "a record has neither a query nor a request's headers"
NO_FILES: Final = "files cannot be handed in yet: evidence is named by its kind alone"
NO_PAGES: Final = "there are no pages yet that would show it"

KINDS: Final[Mapping[int, Kind]] = {
    1: Kind("bytes that are no JSON document in plain UTF-8"),
    2: Kind("bytes that are no text"),
    3: Kind("the character NUL"),
    4: Kind("half a character"),
    5: Kind("numbers that are none, or without end"),
    6: Kind("one name twice in an object"),
    7: Kind("numbers beyond 64 bits"),
    8: Kind("numbers of thousands of digits"),
    9: Kind("nesting without end"),
    10: Kind("amounts as text, fractions, truth values or in other digits"),
    11: Kind("fields nobody asked for"),
    12: Kind("amounts below zero, at zero and above what was paid"),
    13: Kind("currencies that are none, or not the order's"),
    14: Kind("instants without a zone"),
    15: Kind("instants as numbers"),
    16: Kind("instants outside of any calendar or order"),
    17: Kind("instants as the speaker's own clock has them"),
    18: Kind("the same scan again"),
    19: Kind("scans out of their order"),
    20: Kind("scans that contradict each other"),
    21: Kind("words about an order nobody has heard of yet"),
    22: Kind("words about somebody else's order"),
    23: Kind("words from long ago, said again"),
    24: Kind("a used id with other content"),
    25: Kind("records without key or body, or under another's key", no_http="a request has neither"),
    26: Kind("words, versions and addresses nobody knows"),
    27: Kind("records, requests and headers that are too large"),
    28: Kind("texts that are too long"),
    29: Kind("texts that say nothing"),
    30: Kind("mark-up and scripts in texts", waits=f"that they stay inert on a page: {NO_PAGES}"),
    31: Kind("commands to databases, templates and logs in texts"),
    32: Kind("formulas for spreadsheets", waits="nothing is exported to spreadsheets yet"),
    33: Kind("letters that look like others, turn the line round or pile up"),
    34: Kind("what people really write: emoji, other scripts, right to left"),
    35: Kind("paths instead of names", waits=f"names of files: {NO_FILES}"),
    36: Kind("files that are not what they say", waits=NO_FILES),
    37: Kind("a little that unpacks to a lot", waits=f"images and archives: {NO_FILES}"),
    38: Kind("files with places, viruses or macros inside", waits=NO_FILES),
    39: Kind("files cut short, sent twice, empty or by the thousand", waits=NO_FILES),
    40: Kind("requests and records without a good name, or with another's"),
    41: Kind("rulings on another version than was read", no_kafka="agents rule over HTTP alone"),
    42: Kind("requests of ambiguous length or of another type", no_kafka=NO_REQUEST),
    43: Kind("parameters twice, out of bounds or unknown", no_kafka=NO_REQUEST),
    44: Kind("one id written in other ways"),
    45: Kind("steps that the state does not allow"),
    46: Kind("words at the very deadline"),
    47: Kind("people on both sides of one order"),
    48: Kind("quantities and plans at the edge of the order"),
    49: Kind("a policy that changes while a dispute is open"),
    50: Kind("tokens that are forged, old or another's", no_kafka="who may write to a topic is the broker's to check"),
    51: Kind("calls from payment providers and carriers that are forged", waits="no such calls are taken yet"),
    52: Kind("requests that dawdle, and too many at once", no_kafka="the broker holds the speakers off"),
    53: Kind("line breaks in names, for the headers of a mail", waits="mails: none are sent yet"),
    54: Kind("amounts as a country writes them"),
}

TESTED: Final[dict[int, set[str]]] = defaultdict(set)


def covers(*numbers: int, over: Iterable[str] = BOTH) -> Callable[[Test], Test]:
    """The decorated test has these kinds over these doors."""

    def noted(test: Test) -> Test:
        for number in numbers:
            TESTED[number].update(over)
        return test

    return noted


def rows(table: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """The ids of a table's sub-cases, for parametrize."""
    return [f"{number} {name}" for number, cases in table.items() for name in cases]


def row(table: Mapping[int, Mapping[str, Any]], name: str) -> Any:
    number, _, case = name.partition(" ")
    return table[int(number)][case]
