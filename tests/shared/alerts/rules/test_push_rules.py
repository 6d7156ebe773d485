"""Held, failed and drifted lines: which are rows, and in what words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.accounts.account import Mode
from shared.alerts.models import Slug
from shared.alerts.rules.psa_sign_in import PsaSignIn
from shared.billing.models import (
    Change,
    Drift,
    Hold,
    HoldDecision,
    HoldReason,
    Intent,
    Options,
    Unplanned,
    UnplannedReason,
    Verdict,
    change_id,
)
from shared.billing.psa.base import PsaRefused, Write, WriteKind
from shared.billing.psa.causes import Cause
from shared.billing.psa.write_failures import by_psa
from shared.licensing.not_countable import Uncounted, UncountedReason
from shared.microsoft.doubts import DoubtKind
from tests.shared.alerts.world import CANCELLED, DAY, NIGHT, World, line, mapping, sku

COUNTS_DIFFER = Unplanned(
    reason=UnplannedReason.NOT_COUNTABLE,
    uncounted=Uncounted(reason=UncountedReason.SUBSCRIPTIONS_DIFFER, part_number="SPB", told=10, counted=4),
)
HELD, FAILED, DRIFT, SIGN_IN = Slug.PUSH_HELD, Slug.PUSH_FAILED, Slug.LINE_DRIFT, PsaSignIn.slug


def set_back(seats: int) -> str:
    """What a row of a hand edit asks for."""
    return (
        f"Set the line to {seats} in ConnectWise, or an admin takes its number, keeps ours or freezes the line; until "
        "then Seatwise leaves it alone."
    )


def hold(
    before: int,
    after: int,
    *reasons: HoldReason,
    decided: Verdict | None = None,
    line_id: str = "line-mapping1",
) -> Hold:
    change = Change(
        mapping_id="mapping1",
        tenant_id="t1",
        agreement_id="12",
        connection="cw",
        line_id=line_id,
        before=before,
        after=after,
        id=change_id("mapping1", line_id, before, after, None),
    )
    word = HoldDecision(verdict=decided, who="admin", at=NIGHT) if decided else None
    return Hold(change=change, reasons=reasons, since=NIGHT, decided=word)


@pytest.fixture
def mapped(world: World) -> World:
    """Contoso's 25 seats of e3 are billed on a line of agreement 12."""
    world.add("t1", sku("e3", 25), name="Contoso Ltd")
    world.map("t1", mapping("mapping1", "e3"))
    world.lines(line("mapping1"))
    return world


def test_a_line_in_step_is_no_row(mapped: World) -> None:
    assert mapped.alerts() == []


def test_a_hold_says_its_numbers_its_reasons_and_who_decides(mapped: World) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS, HoldReason.ACCOUNT_LOSS)))
    finding = mapped.only(HELD).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == (
        "Gold seat on agreement 12: from 25 to 10 seats, 15 fewer. Held because the customer would lose more than 20 % "
        "and more than 5 seats within 24 hours and all customers together would lose unusually many seats within 24 "
        "hours."
    )
    assert (
        finding.fix
        == "An admin checks that the number is right, then approves exactly this change or rejects it."
    )
    assert (finding.seats, finding.urgent) == (15, True)
    assert finding.money == 300


@pytest.mark.parametrize(
    "reason, words",
    [
        (HoldReason.TO_ZERO, "the line would go to 0"),
        (HoldReason.SUSPICIOUS, "Microsoft’s newest numbers for this customer are hard to believe"),
        (
            HoldReason.PRORATION,
            "the agreement prorates its lines, and it is not known until when it is billed",
        ),
    ],
)
def test_each_reason_has_plain_words(mapped: World, reason: HoldReason, words: str) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 0, reason)))
    assert mapped.only(HELD).finding.what.endswith(f"from 25 to 0 seats, 25 fewer. Held because {words}.")


def test_what_prorates_cannot_be_approved_yet(mapped: World) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 27, HoldReason.PRORATION)))
    finding = mapped.only(HELD).finding
    assert "2 more" in finding.what
    assert finding.fix == (
        "This cannot be approved yet: make the change in ConnectWise by hand, and Seatwise takes the number over."
    )


@pytest.mark.parametrize("why", [UnplannedReason.ANOTHER_LINE, UnplannedReason.ANOTHER_PRODUCT])
def test_a_line_whose_mapping_must_be_saved_again_says_so(mapped: World, why: UnplannedReason) -> None:
    mapped.lines(line("mapping1", not_planned=Unplanned(reason=why)))
    assert mapped.only(FAILED).finding.fix == "Look at the customer’s mappings and save them again."


def test_a_line_that_waits_for_its_tenant_to_be_read_is_told_by_the_tenants_own_row_alone(
    mapped: World,
) -> None:
    mapped.lines(line("mapping1", not_planned=Unplanned(reason=UnplannedReason.UNREAD)))
    assert mapped.alerts(FAILED) == []


def test_a_line_that_waits_to_be_created_says_so(mapped: World) -> None:
    mapped.lines(
        line("mapping1", line_id="", confirmed=None, hold=hold(0, 7, HoldReason.SUSPICIOUS, line_id=""))
    )
    assert "a new line with 7 seats." in mapped.only(HELD).finding.what


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decided_hold_is_no_row(mapped: World, verdict: Verdict) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS)))
    assert len(mapped.alerts(HELD)) == 1
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS, decided=verdict)))
    assert mapped.alerts() == []


def test_what_was_approved_and_then_prorates_is_told_again(mapped: World) -> None:
    """It is not written after all, and nobody would hear of it."""
    reasons = (HoldReason.TO_ZERO, HoldReason.PRORATION)
    mapped.lines(line("mapping1", hold=hold(25, 0, *reasons, decided=Verdict.APPROVED)))
    assert "This cannot be approved yet" in mapped.only(HELD).finding.fix
    mapped.lines(line("mapping1", hold=hold(25, 0, *reasons, decided=Verdict.REJECTED)))
    assert mapped.alerts() == []


@pytest.mark.parametrize(
    "failure, told",
    [
        ({"blocked": CANCELLED}, FAILED),
        ({"drift": Drift(psa=Decimal(30), since=NIGHT)}, DRIFT),
        ({"refused": by_psa("price is locked")}, HELD),
        ({"not_planned": Unplanned(reason=UnplannedReason.TOO_OLD, read_on=date(2026, 3, 1))}, HELD),
    ],
    ids=["blocked", "drift", "an earlier write was refused", "not read"],
)
def test_a_line_with_a_hold_and_another_trouble_is_one_row(
    mapped: World, failure: dict[str, object], told: Slug
) -> None:
    failure = {"hold": hold(25, 10, HoldReason.TENANT_LOSS), **failure}
    mapped.lines(line("mapping1").model_copy(update=failure))
    assert [alert.finding.slug for alert in mapped.alerts()] == [told]


def test_other_numbers_are_a_change_of_the_same_row(mapped: World) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS)))
    before = mapped.only(HELD)
    mapped.sleep()
    mapped.lines(line("mapping1", hold=hold(25, 9, HoldReason.TENANT_LOSS)))
    after = mapped.only(HELD)
    assert (after.finding.identity, after.opened_at) == (before.finding.identity, NIGHT)
    assert after.changed_at == mapped.now


def test_a_hold_stays_while_neither_tenant_nor_psa_can_be_read(mapped: World) -> None:
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS)))
    before = mapped.only(HELD)
    mapped.sleep()
    mapped.fail("t1")
    mapped.psa_trouble("401", "ConnectWise refuses the keys.", sign_in=True)
    assert mapped.only(HELD) == before


def test_in_preview_a_hold_is_not_urgent_until_the_account_goes_live(mapped: World) -> None:
    mapped.account = mapped.account.model_copy(update={"mode": Mode.PREVIEW})
    mapped.lines(line("mapping1", hold=hold(25, 10, HoldReason.TENANT_LOSS)))
    preview = mapped.only(HELD).finding
    assert "Would be held because" in preview.what
    assert not preview.urgent
    mapped.now += timedelta(hours=1)
    mapped.account = mapped.account.model_copy(update={"mode": Mode.LIVE})
    assert mapped.only(HELD).changed_at == mapped.now


def test_a_write_of_unknown_outcome_is_urgent(mapped: World) -> None:
    write = Write(kind=WriteKind.SET_QUANTITY, agreement_id="12", product_id="p1", before=25, after=27)
    intent = Intent(write=write, change_id="c", at=NIGHT, why=by_psa("The answer did not come in time"))
    mapped.lines(line("mapping1", intent=intent))
    finding = mapped.only(FAILED).finding
    assert finding.what == (
        "Gold seat on agreement 12: it is not known whether ConnectWise went from 25 to 27. "
        "The answer did not come in time."
    )
    assert (
        finding.fix == "Look at the line in ConnectWise; Seatwise writes nothing to it until this is clear."
    )
    assert finding.urgent


@pytest.mark.parametrize(
    "changes, what, value",
    [
        ({"blocked": CANCELLED}, "cannot be written: The line was cancelled.", "blocked"),
        ({"refused": by_psa("price is locked")}, "was not changed: price is locked.", "refused"),
        (
            {"not_planned": COUNTS_DIFFER},
            "keeps its number for now: The subscriptions of SPB add up to 4 seats, but Microsoft counts 10.",
            "waits",
        ),
    ],
)
def test_a_line_that_is_not_written_says_why(
    mapped: World, changes: dict[str, object], what: str, value: str
) -> None:
    mapped.lines(line("mapping1").model_copy(update=changes))
    finding = mapped.only(FAILED).finding
    assert finding.what == f"Gold seat on agreement 12 {what}"
    assert (finding.who, finding.value, finding.urgent) == ("Contoso Ltd", value, True)


def test_a_line_whose_mapping_was_ended_is_still_told(mapped: World) -> None:
    mapped.map("t1")
    mapped.lines(line("mapping1", blocked=CANCELLED))
    assert mapped.only(FAILED).finding.what.startswith("The line on agreement 12 cannot be written")


def test_an_agreement_that_cannot_be_read_is_one_row(mapped: World) -> None:
    mapped.lines(line("mapping1"), unreadable="ConnectWise does not know agreement 12.")
    finding = mapped.only(FAILED).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "Agreement 12 could not be worked on: ConnectWise does not know agreement 12."
    mapped.lines(line("mapping1"), line("mapping2", tenant="t2"))
    assert mapped.only(FAILED).finding.who == "ConnectWise"


def test_a_psa_that_refuses_the_keys_is_one_row_and_its_lines_none(mapped: World) -> None:
    mapped.lines(line("mapping1", blocked=CANCELLED), unreadable="Gone.")
    lines = {alert.finding.identity: alert for alert in mapped.alerts(FAILED)}
    mapped.sleep()
    mapped.psa_trouble("404", "ConnectWise does not accept the keys", sign_in=True)
    connection = mapped.only(SIGN_IN).finding
    assert connection.who == "ConnectWise"
    assert connection.what == "ConnectWise does not accept the keys. Code: 404."
    assert connection.fix == (
        "An admin enters working keys in the PSA connection ConnectWise and chooses “test and save”."
    )
    assert connection.urgent
    unchecked = {alert.finding.identity: alert.not_checked_since for alert in mapped.alerts(FAILED)}
    assert unchecked == dict.fromkeys(lines, mapped.now)
    mapped.sleep()
    mapped.psa_trouble()
    assert mapped.alerts(SIGN_IN) == []
    assert {alert.finding.identity: alert for alert in mapped.alerts(FAILED)} == lines


def test_a_psa_that_is_down_says_nothing_of_its_keys_and_one_that_refuses_them_is_not_down(
    mapped: World,
) -> None:
    mapped.psa_trouble("401", "No.", sign_in=True)
    refused = mapped.only(SIGN_IN)
    mapped.sleep()
    mapped.psa_trouble("unavailable", "ConnectWise does not answer.")
    assert mapped.only(SIGN_IN).not_checked_since == mapped.now
    assert mapped.only(FAILED).finding.what.startswith("ConnectWise does not answer.")
    mapped.sleep()
    mapped.psa_trouble("401", "No.", sign_in=True)
    assert mapped.alerts(FAILED) == []
    assert mapped.only(SIGN_IN) == refused


def test_a_refused_sign_in_is_switched_off_by_itself(mapped: World) -> None:
    mapped.psa_trouble("401", "No.", sign_in=True)
    assert len(mapped.alerts(SIGN_IN)) == 1
    mapped.switch_off(SIGN_IN)
    assert mapped.alerts() == []


def test_a_psa_that_is_down_on_a_first_night_hides_no_new_trouble(mapped: World) -> None:
    mapped.psa_trouble("unavailable", "ConnectWise could not be read tonight: 503")
    assert mapped.only(FAILED).finding.fix == (
        "See in ConnectWise what is wrong; Seatwise tries again at the next run."
    )


def test_drift_shows_three_numbers(mapped: World) -> None:
    mapped.read("t1", sku("e3", 27))
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal("30.00"), since=NIGHT)))
    finding = mapped.only(DRIFT).finding
    assert finding.what == "Gold seat on agreement 12: last confirmed 25, in ConnectWise now 30, wanted 27."
    assert finding.fix == set_back(27)
    assert (finding.value, finding.seats, finding.urgent) == ("30", 3, False)
    assert finding.money == 60


def test_what_is_wanted_may_move_without_news_but_another_hand_edit_is_news(mapped: World) -> None:
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(30), since=NIGHT)))
    mapped.evaluate()
    mapped.sleep()
    mapped.read("t1", sku("e3", 28))
    moved = mapped.only(DRIFT)
    assert (moved.changed_at, "wanted 28" in moved.finding.what) == (NIGHT, True)
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(31), since=NIGHT)))
    assert mapped.only(DRIFT).changed_at == mapped.now


def test_wanted_is_what_the_mapping_makes_of_the_seats(mapped: World) -> None:
    free = mapping("mapping1", "e3").model_copy(update={"options": Options(included=5)})
    mapped.map("t1", free)
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(30), since=NIGHT)))
    assert "wanted 20" in mapped.only(DRIFT).finding.what


def test_a_drift_that_nobody_wants_any_number_for_is_set_back(mapped: World) -> None:
    mapped.map("t1")
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(30), since=NIGHT)))
    finding = mapped.only(DRIFT).finding
    assert (
        finding.what == "The line on agreement 12: last confirmed 25, in ConnectWise now 30, wanted unknown."
    )
    assert finding.fix == set_back(25)


@pytest.mark.parametrize("night", ["hard to believe", "not read", "too long ago"])
def test_a_number_that_is_not_to_be_trusted_is_never_asked_for(mapped: World, night: str) -> None:
    """A drifted line is never planned, so nothing holds a person back who follows the row."""
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(30), since=NIGHT)))
    match night:
        case "hard to believe":
            mapped.read("t1", doubts=(DoubtKind.SKUS_GONE,))
        case "not read":
            mapped.read("t1", sku("e3", 0))
            mapped.fail("t1")
        case "too long ago":
            mapped.read("t1", sku("e3", 0))
            mapped.now += timedelta(hours=36)
    finding = mapped.only(DRIFT).finding
    assert finding.what.endswith("last confirmed 25, in ConnectWise now 30, wanted unknown.")
    assert finding.fix == set_back(25)
    assert (finding.seats, finding.money) == (5, Decimal(100))


def test_a_line_is_told_in_one_state(mapped: World) -> None:
    drift = Drift(psa=Decimal(30), since=NIGHT)
    mapped.lines(line("mapping1", drift=drift, blocked=CANCELLED))
    assert [alert.finding.slug for alert in mapped.alerts()] == [FAILED]
    mapped.lines(line("mapping1", drift=drift, refused="Somebody else changed the line."))
    assert [alert.finding.slug for alert in mapped.alerts()] == [DRIFT]


def test_a_drift_stays_while_tenant_or_psa_cannot_be_read(mapped: World) -> None:
    mapped.lines(line("mapping1", drift=Drift(psa=Decimal(30), since=NIGHT)))
    before = mapped.only(DRIFT)
    mapped.sleep()
    mapped.fail("t1")
    unread = mapped.only(DRIFT)
    assert unread == before.model_copy(update={"finding": unread.finding})
    mapped.psa_trouble("401", "No.")
    assert mapped.only(DRIFT).not_checked_since == mapped.now
    mapped.psa_trouble()
    mapped.lines(line("mapping1"))
    assert mapped.alerts(DRIFT) == []


def test_a_day_of_failures_is_not_mailed_as_new_every_night(mapped: World) -> None:
    mapped.lines(line("mapping1", refused="request 1 was refused"))
    mapped.evaluate()
    for night in range(2, 5):
        mapped.sleep()
        mapped.lines(line("mapping1", refused=f"request {night} was refused"))
        alert = mapped.only(FAILED)
        assert alert.changed_at == NIGHT
        assert f"request {night}" in alert.finding.what
    assert mapped.now == NIGHT + 3 * DAY


def test_an_agreement_that_no_mapping_has_a_line_in_is_no_row(mapped: World) -> None:
    """Nobody reads it any more, so nothing would ever close the row."""
    mapped.lines(line("mapping1"), unreadable="It did not answer.")
    assert len(mapped.alerts(FAILED)) == 1
    mapped.map("t1", mapping("mapping1", "e3", profile=""))
    mapped.lines(unreadable="It did not answer.")
    assert mapped.alerts() == []


def test_a_mapping_in_force_of_which_no_line_is_kept_is_told(mapped: World) -> None:
    mapped.lines()
    finding = mapped.only(FAILED).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == (
        "Gold seat on agreement 12 keeps its number for now: Its mapping is in force, but Seatwise keeps no line for "
        "it, so nobody looks after what it bills."
    )
    assert finding.fix == "Look at the customer’s mappings and save them again."
    mapped.lines(line("mapping1"))
    assert mapped.alerts() == []


def test_a_mapping_of_a_removed_company_needs_no_line(mapped: World) -> None:
    mapped.lines()
    mapped.remove("t1")
    assert mapped.alerts(FAILED) == []


# One cause, one row


@pytest.mark.parametrize(
    "cause, facts, what, fix",
    [
        (
            Cause.RIGHTS,
            ("Finance > Agreements (edit)",),
            "The API user of ConnectWise lacks a right: Finance > Agreements (edit). Code: code.",
            "Add to the rights of the API user in ConnectWise what is missing, then test the connection again.",
        ),
        (
            Cause.LIST_LOST,
            ("1 of 30",),
            "ConnectWise lists only 1 of 30 agreements with mapped licences. Nothing of it was read or written.",
            "Check in ConnectWise that the role of the API user may inquire all agreements.",
        ),
        (
            Cause.VERSION,
            ("2022.1",),
            "ConnectWise does not serve version 2022.1 of its interface, which Seatwise asks for.",
            "Update Seatwise, or ConnectWise if it is on your own server.",
        ),
    ],
)
def test_what_is_wrong_with_a_connection_is_its_one_row_with_cause_and_cure(
    mapped: World, cause: Cause, facts: tuple[str, ...], what: str, fix: str
) -> None:
    mapped.lines(line("mapping1", refused="No permission."), line("mapping2", tenant="t2"))
    mapped.psa_fails(PsaRefused.for_all("ConnectWise", cause, "code", *facts))
    finding = mapped.only(FAILED).finding
    assert (finding.who, finding.tenant_id) == ("ConnectWise", "")
    assert finding.what.startswith(what)
    assert finding.fix.startswith(fix)
    assert finding.urgent
    assert mapped.alerts(SIGN_IN) == []


def test_keys_that_are_refused_are_told_by_what_must_be_checked(mapped: World) -> None:
    mapped.psa_fails(PsaRefused.for_all("ConnectWise", Cause.SIGN_IN, "404", "the private key"))
    assert mapped.alerts(FAILED) == []
    assert "Check the private key in the settings" in mapped.only(SIGN_IN).finding.what
