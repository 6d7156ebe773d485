"""How findings become alerts: opened once, changed, kept while unread, closed, raised again."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest

from shared.accounts import runs
from shared.accounts.runs import RunState
from shared.alerts import evaluate
from shared.alerts.models import Alert, Slug
from shared.alerts.rules.sync_overdue import NIGHT_AND_A_BIT
from shared.errors import NotFound, RetryLater
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import FailureCause
from shared.storage import keys
from shared.storage.memory import MemoryTables
from shared.storage.tables import Key, Put, Row, RowChange
from tests.shared.alerts.world import CANCELLED, DAY, NIGHT, TRANSIENT, World, line, mapping, sku


def test_a_new_finding_opens_an_alert_now(world: World) -> None:
    world.add("t1", sku("e3", 10))
    alert = world.only(Slug.NO_BILLING_PROFILE)
    assert (alert.opened_at, alert.changed_at, alert.closed_at) == (NIGHT, NIGHT, None)


def test_a_quiet_second_evaluation_writes_nothing_but_itself(world: World) -> None:
    world.add("t1", sku("e3", 10, 4), name="Contoso")
    world.evaluate()
    world.sleep()
    world.tables.written.clear()
    world.evaluate()
    account = world.account.id
    assert [change.key for change in world.tables.written] == [
        keys.evaluation(account),
        keys.summary(account),
    ]


def test_an_alert_that_stays_open_keeps_its_age(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    first = world.alerts()
    world.sleep()
    assert world.alerts() == first


def test_another_count_of_unused_seats_is_a_change_of_the_same_alert(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    before = world.only(Slug.UNUSED_LICENSES)
    world.sleep()
    world.read("t1", sku("e3", 10, 3))
    after = world.only(Slug.UNUSED_LICENSES)
    assert after.finding.identity == before.finding.identity
    assert (after.opened_at, after.changed_at) == (NIGHT, world.now)
    assert after.finding.value == "7"


def test_other_words_alone_are_stored_but_are_no_news(world: World) -> None:
    world.add("t1", sku("e3", 10))
    world.evaluate()
    world.sleep()
    world.read("t1", sku("e3", 12))
    alert = world.only(Slug.NO_BILLING_PROFILE)
    assert "12 seats" in alert.finding.what
    assert alert.changed_at == NIGHT


def test_what_is_gone_closes_and_is_kept_among_the_closed(world: World) -> None:
    world.add("t1", sku("e3", 10))
    world.evaluate()
    world.sleep()
    world.map("t1", mapping("mapping1", "e3"))
    assert world.alerts() == []
    (row,) = world.tables.rows(keys.alerts(world.account.id), "closed|")
    closed = row.read(Alert)
    assert (closed.opened_at, closed.closed_at) == (NIGHT, world.now)


def test_what_comes_back_is_raised_again(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.map("t1", mapping("mapping1", "e3"))
    for assigned in (4, 10, 4, 10, 4):
        world.read("t1", sku("e3", 10, assigned))
        world.evaluate()
        world.sleep()
    assert world.only(Slug.UNUSED_LICENSES).opened_at == NIGHT + 4 * DAY
    assert len(list(world.tables.rows(keys.alerts(world.account.id), "closed|"))) == 2


@pytest.mark.parametrize(
    "failure",
    [
        TRANSIENT,
        ReadFailure(cause=FailureCause.TENANT, code="AADSTS65001", stored_sentence="No consent."),
        ReadFailure(
            cause=FailureCause.PARTNER, code="AADSTS7000222", stored_sentence="The secret has expired."
        ),
        ReadFailure(cause=FailureCause.GONE, code="AADSTS90002", stored_sentence="Unknown tenant."),
        ReadFailure(cause=FailureCause.INVALID, code="negative", stored_sentence="Not a count."),
    ],
    ids=lambda failure: failure.cause,
)
def test_an_unreadable_night_closes_nothing_and_brings_nothing_back_as_new(
    world: World, failure: ReadFailure
) -> None:
    world.add("t1", sku("e3", 10, 4))
    before = {alert.finding.identity: alert for alert in world.alerts()}
    world.sleep()
    world.fail("t1", failure)
    night = world.now
    unread = {a.finding.identity: a for a in world.alerts() if a.finding.identity in before}
    assert {a.not_checked_since for a in unread.values()} == {night}
    world.sleep()
    assert {a.not_checked_since for a in world.alerts() if a.finding.identity in before} == {night}
    world.sleep()
    world.read("t1", sku("e3", 10, 4))
    after = {a.finding.identity: a for a in world.alerts() if a.finding.identity in before}
    assert after == before


def test_a_read_that_is_hard_to_believe_closes_nothing(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    before = {alert.finding.identity for alert in world.alerts()}
    world.sleep()
    world.read("t1", doubts=(DoubtKind.SKUS_GONE,))
    alerts = world.alerts()
    assert {alert.finding.identity for alert in alerts} == before
    assert {alert.not_checked_since for alert in alerts} == {world.now}
    world.sleep()
    world.read("t1")
    assert world.alerts() == []


def test_a_read_of_another_tenant_leaves_the_alerts_of_last_night_as_they_are(world: World) -> None:
    world.add("t1", sku("e3", 10))
    before = world.alerts()
    world.now += timedelta(hours=8)
    world.add("t2", sku("e3", 5))
    assert set(before) <= set(world.alerts())


def test_switching_a_type_off_closes_its_alerts_and_on_raises_them_again(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    world.switch_off(Slug.UNUSED_LICENSES)
    world.sleep()
    assert {alert.finding.slug for alert in world.alerts()} == {Slug.NO_BILLING_PROFILE}
    world.switch_off()
    world.sleep()
    assert world.only(Slug.UNUSED_LICENSES).opened_at == world.now


def test_the_alerts_of_a_removed_company_close_although_it_is_not_read(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    world.sleep()
    world.fail("t1")
    world.remove("t1")
    assert world.alerts() == []


def test_hundreds_of_transitions_are_written_in_transactions_that_azure_takes(world: World) -> None:
    skus = [sku(f"sku{number}", 10, 4) for number in range(130)]
    world.add("t1", *skus)
    assert len(world.alerts()) == 260
    world.sleep()
    world.read("t1")
    assert world.alerts() == []
    assert len(list(world.tables.rows(keys.alerts(world.account.id), "closed|"))) == 260


def test_an_evaluation_that_was_overtaken_comes_back_later(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    (alert, *_) = world.alerts()
    key = keys.alert(world.account.id, alert.finding.slug, alert.finding.identity)

    class Overtaken(MemoryTables):
        """The same store, where the alert is written by somebody else right before each of our transactions."""

        def commit(self, changes: Sequence[RowChange]) -> list[str]:
            world.tables.commit([Put(key, alert)])
            return world.tables.commit(changes)

        def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
            return world.tables.rows(partition, prefix, after)

        def get(self, key: Key) -> Row | None:
            return world.tables.get(key)

    world.sleep()
    world.map("t1", mapping("mapping1", "e3", profile=""))
    world.read("t1", sku("e3", 10, 10))
    with pytest.raises(RetryLater):
        evaluate.evaluate(
            Overtaken(), world.blobs, world.account, world.run, lambda sku_id, part: part, world.now
        )
    assert world.alerts() == []


def test_the_evaluation_says_how_many_tenants_were_read_and_when_all_were(world: World) -> None:
    world.add("t1", sku("e3", 10))
    world.add("t2", sku("e3", 10))
    world.fail("t2")
    evaluation = world.evaluate()
    assert (evaluation.tenants_read, evaluation.tenants_not_read) == (1, 1)
    assert (evaluation.at, evaluation.on_date, evaluation.last_complete) == (NIGHT, NIGHT.date(), NIGHT)
    assert evaluate.evaluation_of(world.tables, world.account.id) == evaluation


def test_the_evaluation_says_when_something_urgent_last_changed(world: World) -> None:
    world.add("t1", sku("e3", 10))
    assert world.evaluate().urgent_at is None
    world.lines(line("mapping1", blocked=CANCELLED))
    world.now += DAY / 4
    night = world.now
    assert world.evaluate().urgent_at == night
    assert evaluate.has_urgent_news(world.tables, world.account, world.now)
    world.now += DAY / 4
    assert world.evaluate().urgent_at == night


def test_without_an_evaluation_for_over_26_hours_a_new_one_is_due(world: World) -> None:
    assert evaluate.is_overdue(world.tables, world.account.id, world.now) is None
    world.evaluate()
    assert evaluate.is_overdue(world.tables, world.account.id, world.now + timedelta(hours=26)) is None
    late = evaluate.is_overdue(world.tables, world.account.id, world.now + timedelta(hours=27))
    assert late is not None
    assert late.run_id == world.run


@pytest.mark.parametrize("pressed", [timedelta(hours=7), timedelta(hours=26)])
def test_a_press_on_exclude_does_not_put_off_that_the_sync_is_overdue(
    world: World, pressed: timedelta
) -> None:
    world.evaluate()
    world.now = NIGHT + pressed
    assert world.alerts(Slug.SYNC_OVERDUE) == []
    assert evaluate.is_overdue(world.tables, world.account.id, NIGHT + timedelta(hours=26)) is None
    world.now = NIGHT + timedelta(hours=26, minutes=1)
    assert evaluate.is_overdue(world.tables, world.account.id, world.now) is not None
    assert len(world.alerts(Slug.SYNC_OVERDUE)) == 1
    world.now += timedelta(minutes=15)
    assert evaluate.is_overdue(world.tables, world.account.id, world.now) is None, "it is said now"


def test_an_account_whose_first_night_does_not_end_is_overdue_after_26_hours(world: World) -> None:
    world.unclose()
    world.account = world.account.model_copy(update={"since": NIGHT - timedelta(hours=20)})
    world.evaluate()
    assert evaluate.is_overdue(world.tables, world.account.id, NIGHT + timedelta(hours=6)) is None
    assert evaluate.is_overdue(world.tables, world.account.id, NIGHT + timedelta(hours=7)) is not None


def test_the_judgement_of_an_older_run_that_comes_late_does_not_stand_over_the_newer_ones(
    world: World,
) -> None:
    """It is judged as things are now, its end is seen, and the newest run stays the one that was judged."""
    world.add("t1", sku("e3", 10, 4))
    older = world.run
    world.unclose()
    world.sleep()
    newer = world.run
    assert world.evaluate().run_id == newer
    ends = world.now + timedelta(minutes=1)
    closed = {"state": RunState.CLOSED, "closed_at": ends}
    runs.update(world.tables, world.account.id, older, lambda run: run.model_copy(update=closed))
    world.run, world.now = older, world.now + timedelta(minutes=2)
    late = world.evaluate()
    assert (late.run_id, late.on_date, late.at) == (newer, date(2026, 11, 21), world.now)
    assert late.overdue_at == ends + NIGHT_AND_A_BIT
    assert len(world.alerts(Slug.UNUSED_LICENSES)) == 1


def test_an_unknown_run_is_a_bug_of_the_caller(world: World) -> None:
    world.run = "never"
    with pytest.raises(NotFound):
        world.evaluate()


def test_tenants_that_the_newest_night_never_asked_for_are_not_told_as_read(world: World) -> None:
    """Its start was given up: the heads still say how the night before went."""
    world.add("t1", sku("e3", 10))
    world.add("t2", sku("e3", 10))
    assert (world.evaluate().tenants_read, world.evaluate().tenants_not_read) == (2, 0)
    world.now += DAY
    world.start_run()
    world.read("t2", sku("e3", 10))
    evaluation = world.evaluate()
    assert (evaluation.tenants_read, evaluation.tenants_not_read) == (1, 1)


def test_an_alert_that_closes_and_opens_again_keeps_its_first_day(world: World) -> None:
    world.add("t1", sku("e3", 10))
    first = world.only(Slug.NO_BILLING_PROFILE)
    assert first.first_opened_at is None
    for _ in range(2):
        world.sleep()
        world.read("t1", sku("e3", 0))
        assert world.alerts(Slug.NO_BILLING_PROFILE) == []
        world.sleep()
        world.read("t1", sku("e3", 10))
        again = world.only(Slug.NO_BILLING_PROFILE)
        assert (again.opened_at, again.first_opened_at) == (world.now, first.opened_at)
    world.add("t2", sku("e3", 10))
    [other] = [one for one in world.alerts(Slug.NO_BILLING_PROFILE) if one.finding.tenant_id == "t2"]
    assert other.first_opened_at is None


def test_the_last_complete_sync_is_of_the_tenants_that_can_be_read(world: World) -> None:
    consent = ReadFailure(cause=FailureCause.TENANT, code="65001", stored_sentence="No consent. Consent.")
    world.add("t1", sku("e3", 0))
    world.add("t2", sku("e3", 0))
    world.fail("t2", consent)
    evaluation = world.evaluate()
    assert (evaluation.tenants_not_read, evaluation.last_complete) == (1, world.now)
    complete = world.now
    world.sleep()
    world.fail("t1")
    world.close_night(read=0, not_read=2)
    assert world.evaluate().last_complete == complete, "a passing fault is no complete sync"
    world.sleep()
    world.read("t1", sku("e3", 0))
    world.close_night(read=1, not_read=1)
    assert world.evaluate().last_complete == world.now


def test_a_sync_in_which_the_partner_was_refused_is_not_complete(world: World) -> None:
    world.add("t1", sku("e3", 0))
    complete = world.evaluate().last_complete
    refused = ReadFailure(
        cause=FailureCause.PARTNER, code="7000222", stored_sentence="The secret ended. Renew it."
    )
    world.sleep()
    world.partner("p1", failure=refused)
    world.fail("t1", refused)
    world.close_night(read=0, not_read=1)
    assert world.evaluate().last_complete == complete
