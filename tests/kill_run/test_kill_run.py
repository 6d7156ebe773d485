"""The kill run itself: its rounds come from a seed, and it sees what is wrong."""

from datetime import UTC, datetime
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from shared.billing.models import AgreementRecord, Intent, LineRecord, Unreadable, UnreadableReason
from shared.billing.psa.base import Write, WriteKind
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure
from shared.licensing.tenant_state import ReadStatus, TenantState
from tests import invariants
from tests.kill_run.night import NEWCOMER
from tests.kill_run.plan import Victim, drawn
from tests.kill_run.psas import PSAS, KilledPsa
from tests.kill_run.truth import (
    changing,
    not_read,
    not_worked_on,
    not_worked_with,
    set_more_often_than_intended,
    unknown_to_a_person,
    wrong_with_mails,
)


def test_the_same_seed_draws_the_same_round_and_another_seed_another_one() -> None:
    assert drawn("a-1") == drawn("a-1")
    assert len({drawn(f"a-{number}") for number in range(50)}) == 50


def test_every_process_is_ended_and_every_kind_of_fault_comes_in_some_rounds() -> None:
    rounds = [drawn(f"a-{number}") for number in range(100)]
    kills = [kill for each in rounds for kill in (*each.kills, *each.kills_in_the_morning)]
    assert {kill.victim for kill in kills} == set(Victim)
    assert {kill.carried_out for kill in kills} == {True, False}
    assert all(each.kills and each.faults and each.seats for each in rounds)


@pytest.mark.parametrize("psa", PSAS.values(), ids=lambda psa: psa.kind)
def test_the_faults_of_a_round_are_those_of_its_psa(psa: KilledPsa) -> None:
    kinds = {fault["kind"] for number in range(30) for fault in drawn(f"a-{number}", psa).faults}
    others = [other.kind for other in PSAS.values() if other is not psa]
    assert {psa.reads_lines, f"{psa.kind}.write", f"{psa.kind}.read"} <= kinds
    assert not [kind for kind in kinds if kind.startswith(tuple(others))]


def test_a_storage_emulator_is_ended_at_a_request_of_its_own() -> None:
    kills = [kill for number in range(100) for kill in drawn(f"a-{number}").kills]
    assert all(kill.at_storage for kill in kills if kill.victim is Victim.STORAGE)


def test_the_storage_emulator_is_asked_to_end_since_killed_it_loses_what_it_confirmed() -> None:
    kills = [kill for number in range(100) for kill in drawn(f"a-{number}").kills]
    assert {kill.how for kill in kills if kill.victim is Victim.STORAGE} == {SIGTERM}
    assert {kill.how for kill in kills if kill.victim is not Victim.STORAGE} == {SIGKILL}


def _mail(name: str, text: str = NEWCOMER) -> dict[str, Any]:
    return {"custom_args": {"mail_id": name}, "content": [{"type": "text/plain", "value": text}]}


def test_a_mail_that_was_accepted_twice_is_seen() -> None:
    assert not list(wrong_with_mails([_mail("a"), _mail("b")]))
    assert list(wrong_with_mails([_mail("a"), _mail("a")])) == ["mail a was sent 2 times"]


def test_a_customer_that_was_never_told_of_is_seen() -> None:
    assert list(wrong_with_mails([_mail("a", "nothing")])) == [f"{NEWCOMER} was never told of"]


def test_a_customer_whose_numbers_are_those_of_an_earlier_night_is_no_round_that_holds() -> None:
    heads = [TenantState(tenant_id=status.value, status=status) for status in ReadStatus]
    assert list(not_read(heads)) == [
        f"{status} was not read: {status}" for status in ReadStatus if status is not ReadStatus.READ
    ]


def test_an_agreement_that_was_not_worked_on_on_a_quiet_day_is_no_round_that_holds() -> None:
    there = AgreementRecord(connection="cw", agreement_id="7")
    busy = there.model_copy(update={"unreadable": Unreadable(reason=UnreadableReason.NOT_FINISHED)})
    assert list(not_worked_on([there, busy])) == ["agreement 7 could not be worked on: not_finished"]
    refused = ConnectionFailure(connection="cw", cause=Cause.RIGHTS, code="403")
    assert list(not_worked_with([refused])) == ["connection cw could not be worked with: 403"]
    assert len(list(invariants.not_proven(busy, None, reached=False))) == 3


def _set(before: int, after: int) -> Write:
    return Write(
        kind=WriteKind.SET_QUANTITY,
        agreement_id="502",
        line_id="9030",
        product_id="",
        before=before,
        after=after,
    )


def test_a_set_that_was_sent_again_is_no_change_and_needs_an_intent_of_its_own() -> None:
    applied = [_set(2, 1), _set(1, 1)]
    assert changing(applied) == [_set(2, 1)]
    assert list(set_more_often_than_intended(applied, [])) == [
        "line 9030 was set to 1 2 times, intended 0 times"
    ]


def test_a_line_may_stay_unknown_only_where_a_person_is_asked() -> None:
    at = datetime(2026, 11, 28, tzinfo=UTC)
    made = _set(0, 4).model_copy(update={"kind": WriteKind.CREATE_LINE, "line_id": ""})
    waits, forgotten, absolute = (
        LineRecord(
            mapping_id=name,
            tenant_id="t",
            product_id="p",
            intent=Intent(write=write, change_id="c", at=at, undecidable=undecidable),
        )
        for name, write, undecidable in (
            ("waits", made, True),
            ("forgotten", made, False),
            ("set", _set(1, 2), True),
        )
    )
    assert [told.split()[0] for told in unknown_to_a_person([waits, forgotten, absolute])] == [
        "forgotten",
        "set",
    ]
