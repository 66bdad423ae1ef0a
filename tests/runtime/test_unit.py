"""One transaction: everything of a batch, or nothing; a bad item stops nobody else."""

import pytest
from msgspec.structs import replace
from tests.runtime.conftest import EVERYTHING, Hand, Look
from tests.runtime.toy import (
    BREAKS_A_CONSTRAINT,
    FILLS_THE_ROW,
    FOREIGN,
    NOT_STORABLE,
    OF_THE_WRONG_TYPE,
    RAISES,
    TOO_BIG,
    UNKNOWN_POLICY,
    Toy,
)

from aftersales.decision import SubjectRef
from aftersales.errors import Failure
from aftersales.runtime import failpoints, metrics
from aftersales.runtime.failpoints import FailpointReached
from aftersales.runtime.unit import Unit
from aftersales.runtime.unit.keep import FEW


async def test_everything_of_a_batch_is_written(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", 5, 7), *hand.deposits("b", 20)])
    assert await see.balance("a") == 12
    assert await see.column("select version from account order by id") == [2, 1]
    assert await see.column("select subject || ' ' || version from history order by 1") == [
        "account/a 1",
        "account/a 2",
        "account/b 1",
    ]
    assert await see.column("select key from outbox order by id") == ["a", "a", "b"]
    assert await see.column("select balance from standing order by account") == [12, 20]
    assert await see.counts("ledger", "inbox", "dead_letter", "parked") == {
        "ledger": 3,
        "inbox": 3,
        "dead_letter": 0,
        "parked": 0,
    }


async def test_many_are_written_as_few_are(unit: Unit, hand: Hand, see: Look) -> None:
    amounts = [5 + number % 3 for number in range(FEW)]
    await unit.run([cause for amount in amounts for cause in hand.deposits("many", amount)])
    for amount in amounts:
        await unit.run(hand.deposits("few", amount))
    for column in ("version || outcome || moves || event_type", "explanation - 'facts'"):
        of = f"select ({column})::text from history where subject = $1 order by version"
        assert await see.column(of, "account/many") == await see.column(of, "account/few")
    for table in ("ledger", "outbox", "inbox"):
        assert await see.column(f"select count(*) from {table}") == [2 * FEW]


@pytest.mark.parametrize("step", ["C2", "C3", "C4", "C5", "C6", "C7"])
async def test_rolled_back_after_a_step_it_leaves_nothing(unit: Unit, hand: Hand, see: Look, step: str) -> None:
    with failpoints.armed(f"{step}:raise"), pytest.raises(FailpointReached):
        await unit.run(hand.deposits("a", 5, 7))
    assert await see.counts(*EVERYTHING) == dict.fromkeys(EVERYTHING, 0)


async def test_ended_after_commit_it_is_done_and_a_repeat_does_nothing(unit: Unit, hand: Hand, see: Look) -> None:
    causes = hand.deposits("a", 5)
    with failpoints.armed("C8:raise"), pytest.raises(FailpointReached):
        await unit.run(causes)
    await unit.run(causes)
    assert await see.balance("a") == 5


async def test_repeats_have_one_effect(unit: Unit, hand: Hand, words: Toy, see: Look) -> None:
    said = words.deposited(account="a", amount=5)
    await unit.run([hand.cause(said, "one"), hand.cause(said, "one")])
    await unit.run([hand.cause(said, "one")])
    assert await see.balance("a") == 5
    assert await see.counts("inbox", "history", "outbox") == {"inbox": 1, "history": 1, "outbox": 1}


@pytest.mark.parametrize("account", ["a", "b"])
async def test_a_used_id_with_other_content_is_a_dead_letter(
    unit: Unit, hand: Hand, words: Toy, see: Look, account: str
) -> None:
    await unit.run([hand.cause(words.deposited(account="a", amount=5), "one")])
    await unit.run([hand.cause(words.deposited(account=account, amount=6), "one")])
    assert await see.column("select reason from dead_letter") == ["id-collision"]
    assert await see.column("select id || balance from account") == ["a5"]


async def test_refused_and_nothing_are_decisions_too(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run(hand.deposits("a", 0, 1, 5))
    assert await see.column("select outcome from history order by version") == ["refused", "nothing", "applied"]
    assert await see.column("select slug from inbox where slug is not null order by slug") == [
        "nothing-given",
        "too-little",
    ]


async def test_one_record_for_several_subjects_is_decided_once_for_each(
    unit: Unit, hand: Hand, words: Toy, see: Look
) -> None:
    said = hand.cause(words.spread(account="a", accounts=("a", "b", "c")), "one")
    causes = [replace(said, subject=SubjectRef("account", each)) for each in ("a", "b", "c")]
    await unit.run(causes[:2])
    await unit.run(causes)
    assert await see.column("select version from account order by id") == [1, 1, 1]


async def test_a_batch_is_cut_where_a_further_subject_becomes_known_inside_it(
    unit: Unit, hand: Hand, words: Toy, see: Look
) -> None:
    joined = hand.cause(words.joined(account="a", bank="north"))
    await unit.run([*hand.deposits("a", 5), joined, *hand.deposits("a", 7), *hand.deposits("a", 8)])
    assert await see.balance("a") == 20
    assert await see.one("select (state->>'total')::int from bank where id = 'north'") == 15
    assert await see.column("select subject from history where subject like 'bank%'") == ["bank/north"] * 2


async def test_a_rule_that_raises_parks_its_subject_and_stops_nobody(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", 5, RAISES, 7), *hand.deposits("b", 20)])
    assert await see.balance("a") == 5
    assert await see.balance("b") == 20
    assert await see.column("select subject from parked") == ["account/a"]
    assert await see.column("select outcome from inbox order by record_offset") == [
        "applied",
        "parked",
        "parked",
        "applied",
    ]
    await unit.run(hand.deposits("a", 9))
    assert await see.one("select count(*) from parked_cause") == 3


async def test_an_unknown_policy_stops_the_service(unit: Unit, hand: Hand, see: Look) -> None:
    with pytest.raises(Failure, match="not known here"):
        await unit.run([*hand.deposits("a", 5), *hand.deposits("b", UNKNOWN_POLICY)])
    assert await see.counts("inbox", "account", "parked") == {"inbox": 0, "account": 0, "parked": 0}


async def test_what_a_constraint_refuses_for_ever_parks_its_subject_alone(unit: Unit, hand: Hand, see: Look) -> None:
    good = [cause for name in "bcdefgh" for cause in hand.deposits(name, 20)]
    await unit.run([*good[:3], *hand.deposits("a", BREAKS_A_CONSTRAINT), *good[3:]])
    assert await see.column("select id from account where balance = 20 order by id") == list("bcdefgh")
    assert await see.column("select subject from parked") == ["account/a"]
    assert await see.balance("a") == 0


async def test_data_that_the_database_refuses_for_ever_is_a_dead_letter(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", 5), *hand.deposits("b", NOT_STORABLE), *hand.deposits("c", 5)])
    assert await see.column("select reason from dead_letter") == ["not-storable"]
    assert await see.column("select id from account where balance = 5 order by id") == ["a", "c"]
    assert await see.counts("parked") == {"parked": 0}


async def test_what_our_own_code_makes_of_the_wrong_type_parks_its_subject(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", OF_THE_WRONG_TYPE), *hand.deposits("b", 5)])
    assert await see.column("select subject from parked") == ["account/a"]
    assert await see.column("select reason from parked where reason like '%many%'") == []
    assert await see.counts("dead_letter") == {"dead_letter": 0}
    assert await see.balance("b") == 5


async def test_a_record_over_200_kib_is_refused_at_insert(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run([*hand.deposits("a", TOO_BIG), *hand.deposits("b", 5)])
    assert await see.column("select subject from parked") == ["account/a"]
    assert await see.column("select key from outbox") == ["b"]


async def test_what_is_not_ours_to_judge_is_a_dead_letter_and_no_decision(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run(hand.deposits("a", FOREIGN))
    assert await see.column("select reason from dead_letter") == ["foreign-source"]
    assert await see.counts("history", "parked") == {"history": 0, "parked": 0}


async def test_a_replay_says_the_same_words_with_the_same_ids(unit: Unit, hand: Hand, words: Toy, see: Look) -> None:
    cause = hand.cause(words.deposited(account="a", amount=5), "one")
    await unit.run([cause])
    before = await see.one("select event_id from outbox")
    await see.pool.execute("delete from inbox; delete from outbox; delete from history; delete from account")
    await unit.run([cause])
    assert await see.one("select event_id from outbox") == before


async def test_a_plan_that_a_migration_made_old_is_made_anew(unit: Unit, hand: Hand, see: Look) -> None:
    retries = metrics.UNIT_RETRIES.labels("InvalidCachedStatementError")._value
    before = retries.get()
    await unit.run(hand.deposits("a", 5))
    await see.pool.execute("alter table account alter column version type integer")
    await unit.run(hand.deposits("a", 7))
    assert retries.get() == before + 1
    assert await see.balance("a") == 12
    assert await see.counts("parked", "dead_letter") == {"parked": 0, "dead_letter": 0}


async def test_what_would_overfill_the_row_is_a_dead_letter_and_parks_nobody(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run(hand.deposits("a", 5, FILLS_THE_ROW, 7))
    assert await see.column("select reason from dead_letter") == ["subject-full"]
    assert await see.counts("parked") == {"parked": 0}
    assert await see.balance("a") == 12
