"""What people write is kept exactly or refused, never mended (dangers 6, rows 3, 4, 28-34)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.hearing import body, hear, refused

COMPLAINT = "marketplace.complaint_made.v1"
SCAN = "carrier.parcel_scanned.v1"
RULED = "arbitration.case_ruled.v1"


def kept(words: str) -> str:
    return str(hear(COMPLAINT, body(COMPLAINT, words=words)).words)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "words",
    [
        "Broken.",
        "Nicht wie beschrieben – Größe falsch",
        "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️",
        "המוצר לא הגיע",
        "لم يصل الطرد، رقم ١٢٣",
        "\u200fשלום\u200e mug \u2067עברית\u2069",
        "收到的商品是假货,请退款。",
        "ของไม่ตรงปก ไม่ได้รับสินค้า ที่นี่",
        "मुझे टूटा हुआ सामान मिला",
        "བཀྲ་ཤིས་བདེ་ལེགས",
        "e\u0301 is not normalised to \u00e9",
        "line one\nline two\r\n\tindented",
        "<script>alert(1)</script> {{7*7}} ${jndi:ldap://x} '; DROP TABLE orders;--",
        "=cmd|' /C calc'!A0",
        "  blanks around  ",
        "?",
        "😡",
        "x" * 4000,
        "👍" * 4000,
        "e" + "\u0301" * 8,
    ],
)
def test_kept_exactly(words: str) -> None:
    assert kept(words) == words


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "\n\t",
        "\u00a0\u3000",
        "\u200b\u200c\u200d\ufeff",
        "\u2060\u00ad\u180e",
        "\u3164\u115f\u1160\uffa0\u2800",
        "\u0301\u0301",
        "\ufe0f",
        "\u202e",
        "\U000e0041",
    ],
)
def test_refused_when_it_says_nothing(words: str) -> None:
    assert refused(COMPLAINT, body(COMPLAINT, words=words))


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9b"])
def test_refused_with_a_control_character(character: str) -> None:
    assert refused(COMPLAINT, body(COMPLAINT, words=f"a{character}b"))


def test_refused_with_a_flood_of_combining_marks() -> None:
    assert refused(COMPLAINT, body(COMPLAINT, words="e" + "\u0301" * 9))
    assert refused(COMPLAINT, body(COMPLAINT, words="fine z\u0310\u0324" + "\u20dd\u0317" * 4 + " fine"))


def test_refused_above_4000_code_points() -> None:
    assert refused(COMPLAINT, body(COMPLAINT, words="x" * 4001))
    assert refused(COMPLAINT, body(COMPLAINT, words="x" * 10_000_000))


@given(st.text(max_size=300))
def test_whatever_is_taken_is_kept_exactly(words: str) -> None:
    if not refused(COMPLAINT, body(COMPLAINT, words=words)):
        assert kept(words) == words
        assert "\x00" not in words
        assert any(unicodedata.category(c)[0] in "LNPS" for c in words)


LOOK_ALIKES = ["аbc", "ａbc", "１２", "é", "\u202eabc", "abc\u200b"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "a\n",
        "a\x00",
        "../etc/passwd",
        "/a",
        "-a",
        "a'b",
        "a,b",
        "{7}",
        "a" * 65,
        5,
        None,
        ["a"],
        *LOOK_ALIKES,
    ],
)
def test_what_is_no_plain_ascii_id_is_refused(name: object) -> None:
    assert refused(COMPLAINT, body(COMPLAINT, dispute=name))


@pytest.mark.parametrize("name", ["D1", "0", "a.b:c_d-e", "f1e6b1c2-9dc0-5d58-b4b8-2f6e1a1f1d1c", "a" * 64])
def test_a_plain_id_is_taken(name: str) -> None:
    hear(COMPLAINT, body(COMPLAINT, dispute=name))


@pytest.mark.parametrize("place", ["Leipzig", "São Paulo", "義烏市", "ירושלים", "Zürich, Halle 3"])
def test_a_place_is_kept_exactly(place: str) -> None:
    assert hear(SCAN, body(SCAN, place=place)).place == place  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "place", ["a\x00", "a\nb", "a\u2028b", "\u202egpj.exe", "\u2066a", "o\u0301" * 2 + "\u0301" * 9, "x" * 121]
)
def test_a_place_that_could_deceive_a_screen_is_refused(place: str) -> None:
    assert refused(SCAN, body(SCAN, place=place))


def test_a_sentence_of_an_agent_bears_no_control_character() -> None:
    assert refused(RULED, body(RULED, departed="because\x00"))
