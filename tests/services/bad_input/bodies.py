"""Bodies that nobody can take, by the number of their kind: each is a good one with one thing wrong.

The same words go over both doors. What HTTP has no word for is said over Kafka alone (an order is placed there), and
the other way round (order-tracking's door for scans).
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aftersales.contracts.envelope import MAX_AMOUNT

Wrong = Callable[[bytes], bytes]
COMPLAINT: Final = "complaint"
ORDER: Final = "order"
SCAN: Final = "scan"
LONGEST_BODY: Final = 64 * 1024


def swap(old: bytes, new: bytes) -> Wrong:
    def swapped(good: bytes) -> bytes:
        assert good.count(old) == 1
        return good.replace(old, new)

    return swapped


def money(text: str) -> Wrong:
    """The wanted amount, written otherwise."""
    return swap(b'"amount":2000', b'"amount":' + text.encode())


def words(text: bytes) -> Wrong:
    return swap(b'"It is torn."', b'"' + text + b'"')


def more(text: bytes) -> Wrong:
    return swap(b'"words"', text + b',"words"')


def currency(text: bytes) -> Wrong:
    return swap(b'"currency":"USD"', b'"currency":"' + text + b'"')


def placed_at(text: bytes) -> Wrong:
    return swap(b'"placed_at":"2025-04-10T00:00:00Z"', b'"placed_at":' + text)


def scanned_at(text: bytes) -> Wrong:
    return swap(b'"scanned_at":"2025-03-02T00:00:00Z"', b'"scanned_at":' + text)


def place(text: bytes) -> Wrong:
    return swap(b'"place":"Leipzig"', b'"place":"' + text + b'"')


def ordered(text: bytes) -> Wrong:
    """The sort of goods in an order's line, written otherwise."""
    return swap(b'"sku":"mug"', b'"sku":"' + text + b'"')


@dataclass(frozen=True)
class Bad:
    """kafka: the dead letter's reason; http: status and slug; None where this door is not asked. at: the place that the
    answer over HTTP names."""

    wrong: Wrong
    kafka: str | None = None
    http: tuple[int, str] | None = None
    at: str | None = None
    good: str = COMPLAINT


def unread(wrong: Wrong, kafka: str = "malformed-json") -> Bad:
    """No JSON at all, to either door."""
    return Bad(wrong, kafka, (400, "malformed-json"))


def untold(wrong: Wrong, kafka: str = "malformed-json") -> Bad:
    """JSON of something that nobody may say."""
    return Bad(wrong, kafka, (422, "not-valid"))


def invalid(wrong: Wrong, at: str) -> Bad:
    return Bad(wrong, "invalid", (422, "not-valid"), at)


def of_order(wrong: Wrong) -> Bad:
    return Bad(wrong, "invalid", good=ORDER)


def of_scan(wrong: Wrong, at: str = "body/scanned_at") -> Bad:
    return Bad(wrong, None, (422, "not-valid"), at, SCAN)


AMOUNT: Final = "body/want/amount"
BODIES: Final[Mapping[int, Mapping[str, Bad]]] = {
    1: {
        "cut short": unread(lambda good: good[:-1]),
        "empty": unread(lambda good: b""),
        "blank": unread(lambda good: b"  "),
        "byte order mark": unread(lambda good: b"\xef\xbb\xbf" + good),
        "UTF-16": unread(lambda good: good.decode().encode("utf-16")),
        "UTF-16 without mark": unread(lambda good: good.decode().encode("utf-16-le")),
        "two documents": unread(lambda good: good + good),
        "line break in a text": unread(words(b"a\nb")),
        "a list": invalid(lambda good: b"[" + good + b"]", "body"),
        "bare text": invalid(lambda good: b'"torn"', "body"),
        "null": Bad(lambda good: b"null", "invalid", (422, "not-valid")),
    },
    2: {"in a text": unread(words(b"torn \xff"))},
    3: {
        "in a text": untold(words(b"a\\u0000b"), "nul-character"),
        "in a name": untold(more(b'"\\u0000":1'), "nul-character"),
        "as it is": unread(words(b"a\0b")),
    },
    4: {"alone": untold(words(b"\\ud800")), "the second half first": untold(words(b"\\udc00\\ud800"))},
    5: {"NaN": untold(money("NaN")), "Infinity": untold(money("-Infinity")), "1e400": untold(money("1e400"))},
    6: {
        "the amount": unread(money('1,"amount":999'), "duplicate-key"),
        "the order": unread(more(b'"order":"O-other"'), "duplicate-key"),
    },
    7: {
        "2^64": invalid(money(str(2**64)), AMOUNT),
        "2^63": invalid(money(str(2**63)), AMOUNT),
        "2^64 in a field of one's own": Bad(more(b'"x":18446744073709551616'), None, (422, "not-valid"), "body/x"),
    },
    8: {
        "whole": unread(money("9" * 5_000)),
        "with a fraction": untold(money("9" * 5_000 + ".0")),
    },
    9: {
        "21 deep": unread(more(b'"deep":' + b"[" * 20 + b"]" * 20), "too-deep"),
        "30000 deep": unread(more(b'"deep":' + b"[" * 30_000 + b"]" * 30_000)),
    },
    10: {
        name: invalid(money(text), AMOUNT)
        for name, text in {
            "text": '"5"',
            "fraction": "5.0",
            "exponent": "1e3",
            "true": "true",
            "null": "null",
            "yes": '"yes"',
            "blanks": '" 12 "',
            "underscore": '"1_000"',
            "Arabic digits": '"١٢"',
        }.items()
    },
    11: {
        "a state": Bad(more(b'"state":"CLOSED_REFUNDED"'), None, (422, "not-valid"), "body/state"),
        "a version": Bad(more(b'"version":99'), None, (422, "not-valid"), "body/version"),
    },
    12: {
        "negative": invalid(money("-1"), AMOUNT),
        "above the highest": invalid(money(str(MAX_AMOUNT + 1)), AMOUNT),
        "10^18": invalid(money(str(10**18)), AMOUNT),
    },
    13: {
        "unknown": of_order(currency(b"XXQ")),
        "lower case": of_order(currency(b"usd")),
        "obsolete": of_order(currency(b"DEM")),
        "line end": of_order(currency(b"USD\\n")),
        "in a plan": Bad(money('2000,"currency":"EUR"'), None, (422, "not-valid"), "body/want/currency"),
    },
    14: {
        "an order's": of_order(placed_at(b'"2025-04-10T00:00:00"')),
        "a scan's": of_scan(scanned_at(b'"2025-03-02T00:00:00"')),
    },
    15: {
        "milliseconds": of_order(placed_at(b"1000000000000")),
        "0": of_order(placed_at(b"0")),
        "date": of_order(placed_at(b'"2025-04-10"')),
        "a scan's seconds": of_scan(scanned_at(b"1740873600")),
        "a scan's seconds as text": of_scan(scanned_at(b'"1740873600"')),
        "a scan's date": of_scan(scanned_at(b'"2025-03-02"')),
    },
    16: {
        "year 1": of_order(placed_at(b'"0001-01-01T00:00:00Z"')),
        "year 9999": of_order(placed_at(b'"9999-12-31T23:59:59-14:00"')),
        "leap second": of_order(placed_at(b'"2016-12-31T23:59:60Z"')),
        "a scan's year 1": of_scan(scanned_at(b'"0001-01-01T00:00:00+14:00"')),
        "a scan's leap second": of_scan(scanned_at(b'"2016-12-31T23:59:60Z"')),
        "a scan's year 10000": of_scan(scanned_at(b'"10000-01-01T00:00:00Z"')),
    },
    17: {"a time of one's own": Bad(more(b'"at":"2001-01-01T00:00:00Z"'), None, (422, "not-valid"), "body/at")},
    27: {"over 64 KiB": Bad(lambda good: good + b" " * LONGEST_BODY, "too-large", (413, "body-too-large"))},
    28: {
        "words": invalid(words(b"x" * 4_001), "body/words"),
        "a reason": invalid(swap(b'"SNAD_QUALITY"', b'"' + b"R" * 41 + b'"'), "body/reason"),
        "a scan's place": of_scan(place(b"x" * 121), "body/place"),
    },
    29: {
        "blanks": invalid(words("\u200b \u3000".encode()), "body/words"),
        "nothing": invalid(words(b""), "body/words"),
        "filler letters": invalid(words("\u3164\u2800".encode()), "body/words"),
    },
    33: {
        "Cyrillic letter in an id": invalid(swap(b'"SNAD_QUALITY"', '"SN\u0410D_QUALITY"'.encode()), "body/reason"),
        "fullwidth digits in an id": invalid(swap(b'"SNAD_QUALITY"', '"SNAD_\uff11"'.encode()), "body/reason"),
        "a flood of marks": invalid(words(("e" + "\u0301" * 9).encode()), "body/words"),
        "the line turned round in a place": of_scan(place("\u202egpj.exe".encode()), "body/place"),
        "the line turned round in an id": of_order(ordered("mug\u202e".encode())),
    },
    35: {
        "an id": of_order(ordered(b"../../etc/passwd")),
        "a kind of evidence": invalid(swap(b'"photo"', b'"../photo"'), "body/evidence/0"),
    },
    37: {"gzip": Bad(gzip.compress, "malformed-json", (400, "malformed-json"))},
    44: {
        "braces": invalid(swap(b'"SNAD_QUALITY"', b'"{9f0c8a52}"'), "body/reason"),
        "urn": of_order(ordered(b"urn:uuid:9f0c8a52 ")),
    },
    48: {
        "no unit": invalid(swap(b'{"L1":[1,2]}', b"{}"), "body/units"),
        "unit 0": invalid(swap(b'{"L1":[1,2]}', b'{"L1":[0]}'), "body/units/L1/0"),
        "half a unit": invalid(swap(b'{"L1":[1,2]}', b'{"L1":[0.5]}'), "body/units/L1/0"),
        "another remedy": invalid(swap(b'"remedy":"refund"', b'"remedy":"voucher"'), "body/want/remedy"),
        "21 pieces of evidence": invalid(
            swap(b'["photo"]', b"[" + b",".join([b'"photo"'] * 21) + b"]"), "body/evidence"
        ),
    },
    53: {
        "a place": of_scan(place(b"Leipzig\\r\\nBcc: all@example.com"), "body/place"),
        "a sort of goods": of_order(ordered(b"mug\\r\\nBcc: all@example.com")),
    },
    54: {
        "dots and commas": invalid(money('"1.234,56"'), AMOUNT),
        "Arabic digits": invalid(money('"١٢٣"'), AMOUNT),
        "commas": unread(money("1,234")),
    },
}
