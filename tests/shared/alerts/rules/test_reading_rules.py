"""Sign-in problems, overdue syncs and tenants nobody added: which are rows, and in what words."""

from datetime import timedelta

import pytest

from shared.alerts import failed_messages
from shared.alerts.models import Slug
from shared.licensing.reading import NO_ACTIVE_GDAP
from shared.licensing.tenant_state import ReadFailure, ReadStatus
from shared.microsoft import partner_connections
from shared.microsoft.models import Customer, FailureCause, Gdap, SignInMode
from tests.shared.alerts.world import DAY, NIGHT, TRANSIENT, World, mapping, sku

AUTH, OVERDUE, NOT_ADDED = Slug.INVALID_AUTH, Slug.SYNC_OVERDUE, Slug.TENANT_NOT_ADDED
SECRET = ReadFailure(
    cause=FailureCause.PARTNER,
    code="AADSTS7000222",
    stored_sentence="The client secret of the partner's app has expired. Create a new one and enter it.",
)
CONSENT = ReadFailure(
    cause=FailureCause.TENANT,
    code="AADSTS65001",
    stored_sentence="The app has no consent in this tenant. Give consent for it.",
)
INVALID = ReadFailure(
    cause=FailureCause.INVALID, code="negative count", stored_sentence="Microsoft counted less than nothing."
)


def customer(tenant: str, name: str = "", *, gdap: bool = True, domain: str = "") -> Customer:
    return Customer(tenant_id=tenant, name=name, domain=domain, gdap=Gdap(status="active") if gdap else None)


# -- invalid auth -------------------------------------------------------------------------------------------------


def test_a_tenant_without_consent_is_a_row_of_its_own(world: World) -> None:
    world.add("t1", name="Contoso Ltd")
    world.fail("t1", CONSENT)
    finding = world.only(AUTH).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "The app has no consent in this tenant. Code: AADSTS65001."
    assert finding.fix == "Give consent for it."
    assert (finding.value, finding.urgent) == ("AADSTS65001", False)


def test_the_partners_own_trouble_is_one_row_and_none_per_tenant(world: World) -> None:
    for number in range(5):
        world.add(f"t{number}")
        world.fail(f"t{number}", SECRET)
    world.partner("p1", failure=SECRET)
    finding = world.only(AUTH).finding
    assert finding.who == "Partner p1"
    assert finding.what == "The client secret of the partner's app has expired. Code: AADSTS7000222."
    assert finding.urgent


def test_each_connection_that_is_turned_away_is_a_row(world: World) -> None:
    world.partner("p1", failure=SECRET)
    world.partner("p2", failure=SECRET)
    assert {alert.finding.who for alert in world.alerts(AUTH)} == {"Partner p1", "Partner p2"}


def test_a_partners_trouble_that_only_shows_at_the_tenants_is_one_row_too(world: World) -> None:
    for number in range(5):
        world.add(f"t{number}")
        world.fail(f"t{number}", SECRET)
    assert world.only(AUTH).finding.who == "Partner p1"
    world.sleep()
    for number in range(5):
        world.fail(f"t{number}", TRANSIENT)
    assert world.only(AUTH).not_checked_since == world.now
    world.sleep()
    for number in range(5):
        world.read(f"t{number}")
    assert world.alerts(AUTH) == []


def test_a_transient_fault_is_never_a_sign_in_problem(world: World) -> None:
    world.add("t1")
    world.partner("p1", failure=TRANSIENT)
    for _ in range(4):
        world.fail("t1", TRANSIENT)
        assert world.alerts(AUTH) == []
        world.sleep()


def test_an_invalid_answer_is_a_row_on_the_second_night(world: World) -> None:
    world.add("t1")
    world.fail("t1", INVALID)
    assert world.alerts(AUTH) == []
    world.sleep()
    world.fail("t1", INVALID)
    assert world.only(AUTH).finding.what == "Microsoft counted less than nothing. Code: negative count."


def test_a_tenant_that_is_gone_is_a_row_until_its_company_is_removed(world: World) -> None:
    world.add("t1")
    world.fail(
        "t1", ReadFailure(cause=FailureCause.GONE, code="AADSTS90002", stored_sentence="Unknown tenant.")
    )
    assert world.only(AUTH).finding.fix == "Look up the code, and check the partner connection."
    world.remove("t1")
    assert world.alerts(AUTH) == []


def test_a_sign_in_problem_closes_with_the_next_good_read(world: World) -> None:
    world.add("t1")
    world.fail("t1", CONSENT)
    assert len(world.alerts(AUTH)) == 1
    world.partner("p1", failure=SECRET)
    assert len(world.alerts(AUTH)) == 2
    world.sleep()
    world.read("t1")
    world.partner("p1")
    assert world.alerts(AUTH) == []


def test_a_tenants_problem_stays_while_the_partner_is_turned_away(world: World) -> None:
    world.add("t1")
    world.fail("t1", CONSENT)
    before = world.only(AUTH)
    world.sleep()
    world.fail("t1", SECRET)
    world.partner("p1", failure=SECRET)
    assert {a.finding.identity: a.not_checked_since for a in world.alerts(AUTH)} == {
        before.finding.identity: world.now,
        "partner|p1": None,
    }


def test_another_code_is_news_about_the_same_row(world: World) -> None:
    world.add("t1")
    world.fail("t1", CONSENT)
    world.evaluate()
    world.sleep()
    world.fail("t1", CONSENT.model_copy(update={"code": "AADSTS650052"}))
    alert = world.only(AUTH)
    assert (alert.opened_at, alert.changed_at) == (NIGHT, world.now)


def test_a_refusal_of_the_first_partner_is_no_row_while_the_second_is_refused_as_a_whole(
    world: World,
) -> None:
    world.add("t1")
    world.partner("p2", [customer("t1")])
    world.stale_list("p2", SECRET)
    world.fail("t1", CONSENT)
    assert [alert.finding.who for alert in world.alerts(AUTH)] == ["Partner p2"]
    world.partner("p2", [customer("t1")])
    assert world.only(AUTH).finding.identity == "tenant|t1"


def test_a_refusal_is_a_row_when_only_a_partner_is_refused_who_does_not_know_the_tenant(world: World) -> None:
    world.add("t1")
    world.partner("p2", [customer("t2")])
    world.stale_list("p2", SECRET)
    world.fail("t1", CONSENT)
    assert {alert.finding.identity for alert in world.alerts(AUTH)} == {"partner|p2", "tenant|t1"}


def test_a_row_that_was_read_off_a_list_is_not_checked_while_the_list_cannot_be_read(world: World) -> None:
    world.add("t1")
    world.fail("t1", NO_ACTIVE_GDAP)
    assert world.only(AUTH).finding.what.startswith("There is no active delegated-admin relationship (GDAP)")
    world.sleep()
    world.stale_list("p1", TRANSIENT)
    world.fail("t1", NO_ACTIVE_GDAP)
    assert world.only(AUTH).not_checked_since == world.now
    world.sleep()
    world.partner("p1")
    world.fail("t1", NO_ACTIVE_GDAP)
    assert world.only(AUTH).not_checked_since is None


def test_a_row_that_nobody_has_told_yet_is_told_also_off_an_old_list(world: World) -> None:
    world.add("t1")
    world.stale_list("p1", TRANSIENT)
    world.fail("t1", NO_ACTIVE_GDAP)
    assert world.only(AUTH).finding.identity == "tenant|t1"


# -- sync overdue -------------------------------------------------------------------------------------------------


@pytest.fixture
def billed(world: World) -> World:
    world.add("t1", sku("e3", 25), name="Contoso Ltd")
    world.map("t1", mapping("mapping1", "e3"))
    return world


@pytest.mark.parametrize("hours, rows", [(26, 0), (26.1, 1)])
def test_an_account_is_overdue_26_hours_after_its_last_night(world: World, hours: float, rows: int) -> None:
    world.now = NIGHT + timedelta(hours=hours)
    assert len(world.alerts(OVERDUE)) == rows


def test_the_overdue_account_says_since_when(world: World) -> None:
    world.now += 2 * DAY
    finding = world.only(OVERDUE).finding
    assert finding.who == "Acme MSP"
    assert finding.what == "The last nightly sync ended on 20 Nov 2026, 02:10."
    assert finding.urgent


def test_a_new_account_is_not_overdue_before_26_hours(world: World) -> None:
    world.unclose()
    world.account = world.account.model_copy(update={"since": NIGHT - timedelta(hours=25)})
    assert world.alerts(OVERDUE) == []
    world.account = world.account.model_copy(update={"since": NIGHT - timedelta(hours=27)})
    assert world.only(OVERDUE).finding.what == "The last nightly sync has not ended yet."


def test_a_billed_tenant_is_overdue_after_36_hours_without_a_read(billed: World) -> None:
    billed.fail("t1")
    billed.sleep()
    assert billed.alerts(OVERDUE) == []
    billed.sleep()
    finding = billed.only(OVERDUE).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "Last read completely on 20 Nov 2026, 02:01. Microsoft is busy. Code: 429."
    billed.sleep()
    billed.tables.written.clear()
    billed.evaluate()
    assert len(billed.tables.written) == 2  # the evaluation and its summary
    billed.read("t1", sku("e3", 25))
    assert billed.alerts(OVERDUE) == []


def test_a_tenant_that_was_never_read_is_overdue_once_that_lasts(world: World) -> None:
    world.add("t1")
    world._head(world.state("t1").model_copy(update={"snapshot": None}))
    world.map("t1", mapping("mapping1", "e3"))
    world.fail("t1")
    assert world.alerts(OVERDUE) == []
    world.sleep(2)
    assert world.only(OVERDUE).finding.what == "Never read completely. Microsoft is busy. Code: 429."


def test_a_tenant_that_is_not_billed_is_not_overdue(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping1", "e3", profile=""))
    world.fail("t1")
    world.sleep(3)
    assert world.alerts(OVERDUE) == []


def test_what_a_sign_in_problem_says_is_not_said_twice_unless_that_type_is_off(billed: World) -> None:
    billed.fail("t1", CONSENT)
    billed.sleep(3)
    assert billed.alerts(OVERDUE) == []
    billed.switch_off(AUTH)
    assert [alert.finding.slug for alert in billed.alerts() if alert.not_checked_since is None] == [OVERDUE]


def test_an_overdue_tenant_is_told_by_its_sign_in_problem_alone_once_that_is_known(billed: World) -> None:
    billed.fail("t1", TRANSIENT)
    billed.sleep(2)
    assert len(billed.alerts(OVERDUE)) == 1
    billed.sleep()
    billed.fail("t1", CONSENT)
    assert len(billed.alerts(AUTH)) == 1
    assert billed.alerts(OVERDUE) == []


def test_a_tenant_that_is_just_being_read_does_not_become_overdue(billed: World) -> None:
    """Its trouble is not known again before the read has ended: a sign-in problem would be told twice."""
    billed.fail("t1", CONSENT)
    billed.sleep(3)
    assert billed.alerts(OVERDUE) == []
    asked = {"status": ReadStatus.PENDING, "failure": None}
    billed._head(billed.state("t1").model_copy(update=asked))
    assert billed.alerts(OVERDUE) == []


def test_a_customer_list_that_keeps_failing_is_overdue(world: World) -> None:
    world.sleep(2)
    world.partner("p1", failure=TRANSIENT)
    assert world.alerts(OVERDUE) == []
    world.stale_list("p1", TRANSIENT)
    assert world.only(OVERDUE).finding.what == (
        "Customer list: Last read completely on 20 Nov 2026, 02:01. Microsoft is busy. Code: 429."
    )
    world.partner("p1")
    assert world.alerts(OVERDUE) == []


def test_work_that_was_given_up_is_told_until_a_later_night_ended_well(world: World) -> None:
    world.now += timedelta(hours=1)
    failed_messages.record(world.tables, world.account.id, "read-tenant", '{"v": 9}', world.now)
    finding = world.only(OVERDUE).finding
    assert finding.what == "Seatwise gave up a step of its work (“read-tenant”) on 20 Nov 2026, 03:10."
    assert finding.urgent
    world.now -= timedelta(hours=1)
    world.sleep()
    assert world.alerts(OVERDUE) == []


def test_the_night_that_work_was_given_up_in_does_not_settle_it(world: World) -> None:
    failed_messages.record(
        world.tables, world.account.id, "read-tenant", "", world.now - timedelta(minutes=5)
    )
    assert len(world.alerts(OVERDUE)) == 1
    world.sleep()
    assert world.alerts(OVERDUE) == []


def test_work_given_up_again_is_news_about_the_same_row(world: World) -> None:
    failed_messages.record(world.tables, world.account.id, "read-tenant", "", world.now)
    world.evaluate()
    world.now += timedelta(hours=1)
    failed_messages.record(world.tables, world.account.id, "read-tenant", "", world.now)
    alert = world.only(OVERDUE)
    assert (alert.opened_at, alert.changed_at) == (NIGHT, world.now)


def test_another_accounts_poison_is_not_shown(world: World) -> None:
    failed_messages.record(world.tables, type(world.account.id)("other"), "read-tenant", "", world.now)
    assert world.alerts() == []


# -- tenant not added ---------------------------------------------------------------------------------------------


def test_a_customer_nobody_added_is_a_row(world: World) -> None:
    world.add("t1")
    world.partner("p1", [customer("t1"), customer("t2", "Fabrikam", domain="fabrikam.example")])
    finding = world.only(NOT_ADDED).finding
    assert (finding.who, finding.tenant_id) == ("Fabrikam", "t2")
    assert finding.what == "In partner connection “Partner p1”, fabrikam.example, but in no company."
    assert finding.fix == "An editor adds the tenant to a company, or excludes it."


def test_a_customer_without_gdap_says_what_comes_first(world: World) -> None:
    world.partner("p1", [customer("t2", "Fabrikam", gdap=False)])
    finding = world.only(NOT_ADDED).finding
    assert finding.what.endswith("There is no active delegated-admin relationship (GDAP).")
    assert finding.fix == "Send the customer a GDAP request, then add the tenant to a company; or exclude it."


def test_an_app_only_connection_needs_no_gdap(world: World) -> None:
    world.partner("p1", [customer("t2", gdap=False)])
    (connection,) = partner_connections.all_of(world.tables, world.account.id)
    app_only = connection.model_copy(update={"mode": SignInMode.APP_ONLY})
    partner_connections.save(world.tables, world.account.id, app_only)
    assert "GDAP" not in world.only(NOT_ADDED).finding.what


def test_a_tenant_of_two_connections_is_one_row(world: World) -> None:
    world.partner("p1", [customer("t2", "Fabrikam", gdap=False)])
    world.partner("p2", [customer("t2", "Fabrikam Inc")])
    finding = world.only(NOT_ADDED).finding
    assert finding.what == "In partner connections “Partner p1” and “Partner p2”, but in no company."


def test_a_customer_without_name_is_told_by_domain_or_tenant_id(world: World) -> None:
    world.partner("p1", [customer("t2"), customer("t3", domain="x.example")])
    assert {alert.finding.who for alert in world.alerts(NOT_ADDED)} == {"t2", "x.example"}


def test_while_one_list_is_missing_nothing_closes_but_what_was_added(world: World) -> None:
    world.partner("p1", [customer("t2"), customer("t3")])
    world.partner("p2", [customer("t4")])
    before = {alert.finding.tenant_id: alert for alert in world.alerts(NOT_ADDED)}
    world.sleep()
    world.partner("p1", failure=SECRET)
    world.partner("p2", [])
    world.add("t2")
    after = {alert.finding.tenant_id: alert.not_checked_since for alert in world.alerts(NOT_ADDED)}
    assert after == {"t3": world.now, "t4": world.now}
    world.sleep()
    world.partner("p1", [customer("t2"), customer("t3")])
    assert world.alerts(NOT_ADDED) == [before["t3"]]


def test_a_connection_that_was_never_read_keeps_all_rows(world: World) -> None:
    world.partner("p1", [customer("t2")])
    world.evaluate()
    world.partner("p1", [])
    world.partner("p2", read=False)
    assert world.only(NOT_ADDED).not_checked_since == world.now


# -- overdue, and told already


def test_a_passing_fault_after_nights_without_consent_is_no_row_of_its_own(billed: World) -> None:
    billed.fail("t1", CONSENT)
    billed.only(AUTH)
    billed.sleep(2)
    billed.fail("t1", CONSENT)
    billed.evaluate()
    billed.sleep()
    billed.fail("t1", TRANSIENT)
    assert billed.alerts(OVERDUE) == []
    assert billed.only(AUTH).not_checked_since == billed.now


def test_a_passing_fault_while_a_removal_is_open_is_no_row_of_its_own(billed: World) -> None:
    billed.leave("t1")
    billed.only(Slug.TENANT_REMOVED)
    billed.sleep(2)
    billed.stale_list("p1", TRANSIENT)
    billed.fail("t1", TRANSIENT)
    assert [alert.finding.identity for alert in billed.alerts(OVERDUE)] == ["partner|p1"]


def test_a_passing_fault_of_a_partner_whose_secret_expired_is_no_row_for_each_tenant(billed: World) -> None:
    billed.fail("t1", SECRET)
    billed.stale_list("p1", SECRET)
    billed.only(AUTH)
    billed.sleep(2)
    billed.fail("t1", TRANSIENT)
    billed.stale_list("p1", TRANSIENT)
    assert billed.alerts(OVERDUE) == []
    assert billed.only(AUTH).not_checked_since == billed.now


def test_a_tenant_that_came_back_and_is_still_not_read_is_overdue(billed: World) -> None:
    billed.leave("t1")
    billed.only(Slug.TENANT_REMOVED)
    billed.sleep(2)
    billed.come_back("t1")
    billed.fail("t1", TRANSIENT)
    assert billed.only(OVERDUE).finding.tenant_id == "t1"


def test_a_row_of_a_type_that_was_switched_off_tells_nothing(billed: World) -> None:
    billed.fail("t1", CONSENT)
    billed.only(AUTH)
    billed.sleep(2)
    billed.fail("t1", TRANSIENT)
    billed.switch_off(AUTH)
    assert billed.only(OVERDUE).finding.tenant_id == "t1"
