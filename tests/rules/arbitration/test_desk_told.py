"""What the desk and the history say of whose a case is."""

from aftersales.decision import Because, nothing
from aftersales.identity import effect_id
from arbitration.domain.commands import CaseHandedBack, NoteAdded
from arbitration.rules.assignment import add_note, hand_back
from tests.rules.arbitration.builders import (
    NOW,
    a_case,
    given,
)
from tests.rules.arbitration.test_desk import taking


def test_who_takes_or_hands_back_is_told_how_the_case_stands() -> None:
    status = {"case": "D1", "status": "review", "version": 3}
    assert taking(a_case(), "kim").answer == {**status, "agent": "kim"}
    assert hand_back(a_case(agent="kim"), CaseHandedBack(case="D1", agent="kim"), given()).answer == {
        **status,
        "agent": None,
    }


def test_history_says_in_whose_hands_a_case_was_and_is() -> None:
    taken = taking(a_case(agent="lee"), "boss", role="supervisor")
    assert taken.because == Because("assignment", {"agent": "boss", "before": "lee"})
    back = hand_back(a_case(agent="kim"), CaseHandedBack(case="D1", agent="kim"), given())
    assert back.because == Because("assignment", {"agent": None, "before": "kim"})


def test_a_note_has_an_id_of_its_own_that_its_writer_is_told() -> None:
    said = NoteAdded(case="D1", agent="kim", words="Looks genuine.")
    decision, again = (add_note(a_case(), said, given()) for _ in range(2))
    [note] = decision.appends
    assert note.row == {
        "id": effect_id(given().cause, "D1", 0, "note"),
        "case_id": "D1",
        "agent": "kim",
        "words": "Looks genuine.",
        "written_at": NOW,
    }
    assert decision.answer == {"note": str(note.row["id"])}
    assert decision == again


def test_history_says_who_wrote_a_note() -> None:
    decision = add_note(a_case(), NoteAdded(case="D1", agent="kim", words="Looks genuine."), given())
    assert decision.because == Because("note", {"agent": "kim"})


def test_nothing_says_whose_the_case_is() -> None:
    mine = nothing("already-yours", "Case D1 is in your hands already.")
    nobodys = nothing("not-taken", "Case D1 is in nobody's hands.")
    assert taking(a_case(agent="kim"), "kim") == mine
    assert hand_back(a_case(), CaseHandedBack(case="D1", agent="kim"), given()) == nobodys
