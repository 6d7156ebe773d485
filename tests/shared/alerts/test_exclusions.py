"""What is excluded is never mailed about, comes back when it should, and nothing else is touched."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.alerts import exclusions
from shared.alerts.models import Exclusion, Exclusions, ExclusionScope, Finding, Slug, Target
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.base import Rule
from shared.alerts.rules.mail_failed import MailFailed
from shared.alerts.rules.psa_sign_in import PsaSignIn
from shared.alerts.rules.tickets_failed import TicketsFailed
from shared.errors import NotFound, Rejected
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.models import Customer, FailureCause
from shared.storage import keys
from shared.storage.decisions import Decider, history
from shared.storage.memory import MemoryTables
from shared.storage.tables import Key, Row
from tests.shared.alerts.world import CANCELLED, DAY, NIGHT, World, line, mapping, sku

TODAY = date(2026, 11, 20)
ABOUT_LICENCES = {
    Slug.NO_BILLING_PROFILE,
    Slug.UNUSED_LICENSES,
    Slug.SHARED_MAILBOX_LICENSES,
    Slug.RENEWAL_DUE,
}
OWN_WRITES = {Slug.PUSH_HELD, Slug.PUSH_FAILED, Slug.LINE_DRIFT, Slug.TENANT_REMOVED}
OUR_OWN = OWN_WRITES | {PsaSignIn.slug, MailFailed.slug, TicketsFailed.slug}
"""What is about Seatwise's writes, its PSA or its mails, not about what a customer has."""
SLUGS = list(BY_SLUG)
UNUSED_E3 = Exclusion(slug=Slug.UNUSED_LICENSES, tenant_id="t1", sku_id="e3")


def exclude(world: World, exclusion: Exclusion) -> bool:
    return exclusions.exclude(
        world.tables, world.account.id, exclusion, Decider("ann@msp.example", "agreed", world.now)
    )


def include(world: World, exclusion: Exclusion) -> None:
    exclusions.include(
        world.tables,
        world.account.id,
        exclusions.exclusion_id(exclusion.target),
        Decider("ann@msp.example", "", world.now),
    )


def finding(slug: str, *skus: str, tenant: str = "t1", seats: int = 3) -> Finding:
    return Finding(
        slug=slug,
        identity="i",
        scope="s",
        tenant_id=tenant,
        skus=skus,
        who="Contoso",
        what="What.",
        fix="Fix.",
        seats=seats,
    )


def covers(*some: Exclusion, of: Finding, today: date = TODAY) -> bool:
    return Exclusions.of(some, today).cover(of, BY_SLUG[of.slug].reach)


# -- what an exclusion reaches ------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_an_excluded_tenant_is_left_out_of_everything_but_our_own_writes(slug: str) -> None:
    assert covers(Exclusion(tenant_id="t1"), of=finding(slug, "e3")) == (slug not in OUR_OWN)
    assert not covers(Exclusion(tenant_id="t1"), of=finding(slug, "e3", tenant="t2"))


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_that_names_no_tenant_is_ever_excluded_with_one(slug: str) -> None:
    assert not covers(Exclusion(tenant_id="t1"), of=finding(slug, tenant=""))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_sku_of_a_tenant_is_left_out_of_the_one_type_that_was_named(slug: str) -> None:
    assert covers(UNUSED_E3, of=finding(slug, "e3")) == (slug == Slug.UNUSED_LICENSES)
    assert not covers(UNUSED_E3, of=finding(slug, "e5"))
    assert not covers(UNUSED_E3, of=finding(slug, "e3", tenant="t2"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_sku_of_the_whole_account_is_left_out_of_every_type_about_licences(rule: Rule) -> None:
    for tenant in ("t1", "t2"):
        left_out = covers(Exclusion(sku_id="e3"), of=finding(rule.slug, "e3", tenant=tenant))
        assert left_out == (ExclusionScope.SKU in rule.reach)
    assert ExclusionScope.SKU in rule.reach or rule.slug not in ABOUT_LICENCES


def test_a_row_about_several_skus_stays_until_each_of_them_is_excluded() -> None:
    mailbox = finding(Slug.SHARED_MAILBOX_LICENSES, "e3", "e5")
    first, second = (
        Exclusion(slug=Slug.SHARED_MAILBOX_LICENSES, tenant_id="t1", sku_id=one) for one in ("e3", "e5")
    )
    assert not covers(first, of=mailbox)
    assert covers(first, second, of=mailbox)


@given(st.integers(0, 50), st.integers(0, 50), st.none() | st.integers(-3, 3))
def test_a_condition_holds_up_to_its_number_and_before_its_day(
    spare: int, most: int, days: int | None
) -> None:
    until = None if days is None else TODAY + timedelta(days=days)
    excluded = UNUSED_E3.model_copy(update={"spare_at_most": most, "until": until})
    expected = spare <= most and (days is None or days > 0)
    assert covers(excluded, of=finding(Slug.UNUSED_LICENSES, "e3", seats=spare)) == expected


@given(
    st.builds(
        Exclusion,
        slug=st.none() | st.sampled_from([*Slug, "another"]),
        tenant_id=st.sampled_from(["", "t1"]),
        sku_id=st.sampled_from(["", "e3"]),
        spare_at_most=st.none() | st.integers(0, 9),
        until=st.none() | st.just(TODAY),
        renewal=st.booleans(),
    )
)
def test_only_what_can_be_excluded_is_recorded(exclusion: Exclusion) -> None:
    tables, account = MemoryTables(), keys.account_id("acme")
    unused = exclusion.slug == Slug.UNUSED_LICENSES
    known = (
        exclusion.slug in {Slug.UNUSED_LICENSES, Slug.SHARED_MAILBOX_LICENSES}
        and exclusion.tenant_id
        and exclusion.sku_id
    ) or (exclusion.slug is None and bool(exclusion.tenant_id) != bool(exclusion.sku_id))
    fits = (unused or exclusion.spare_at_most is None) and (
        not exclusion.renewal or (unused and exclusion.until)
    )
    try:
        exclusions.exclude(tables, account, exclusion, Decider("w", "", NIGHT))
        recorded = True
    except Rejected:
        recorded = False
    assert recorded == bool(known and fits)
    assert len(list(exclusions.listed(tables, account, NIGHT.date() - DAY))) == recorded


def test_a_negative_number_of_seats_is_refused_with_the_fields_name() -> None:
    with pytest.raises(ValidationError, match="spare_at_most"):
        Exclusion(slug=Slug.UNUSED_LICENSES, tenant_id="t1", sku_id="e3", spare_at_most=-1)


@given(st.lists(st.builds(Target, *[st.text("ab|/%", max_size=3)] * 3), unique=True, min_size=2, max_size=2))
def test_different_things_have_different_ids(both: list[Target]) -> None:
    assert exclusions.exclusion_id(both[0]) != exclusions.exclusion_id(both[1])


def test_unused_seats_and_shared_mailboxes_can_be_excluded_for_one_customer() -> None:
    of_one_type = {rule.slug for rule in RULES if ExclusionScope.LICENCE in rule.reach}
    assert of_one_type >= {Slug.UNUSED_LICENSES, Slug.SHARED_MAILBOX_LICENSES}


def test_our_own_writes_are_out_of_reach_by_construction() -> None:
    assert not [rule for rule in RULES if rule.slug in OUR_OWN and rule.reach]


# -- what becomes of the alerts -----------------------------------------------------------------------------------


def slugs(world: World) -> list[str]:
    return sorted((alert.finding.slug for alert in world.alerts()), key=SLUGS.index)


def test_the_alert_of_what_was_excluded_closes_and_removing_the_exclusion_raises_it_again(
    world: World,
) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    world.sleep()
    assert exclude(world, UNUSED_E3)
    assert slugs(world) == [Slug.NO_BILLING_PROFILE]
    world.sleep()
    include(world, UNUSED_E3)
    alert = world.only(Slug.UNUSED_LICENSES)
    assert alert.opened_at == alert.changed_at == world.now


def test_an_exclusion_survives_changes_of_the_count_and_a_broken_condition_raises_the_alert_again(
    world: World,
) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    exclude(world, UNUSED_E3.model_copy(update={"spare_at_most": 6}))
    for assigned, shown in ((4, False), (5, False), (9, False), (4, False), (3, True), (4, False)):
        world.sleep()
        world.read("t1", sku("e3", 10, assigned))
        alerts = world.alerts(Slug.UNUSED_LICENSES)
        assert [alert.changed_at for alert in alerts] == ([world.now] if shown else [])


def test_an_exclusion_until_a_day_ends_on_that_day_of_the_accounts_zone(world: World) -> None:
    world.account = world.account.model_copy(update={"timezone": "Pacific/Auckland"})
    world.add("t1", sku("e3", 10, 4))
    exclude(world, UNUSED_E3.model_copy(update={"until": TODAY + timedelta(days=2)}))
    seen = {}
    for _ in range(4):
        seen[world.now.astimezone(world.account.zone).date()] = bool(world.alerts(Slug.UNUSED_LICENSES))
        world.sleep()
    assert seen == {TODAY + timedelta(days=days): days >= 2 for days in range(4)}


def test_the_alert_of_an_excluded_tenant_closes_although_it_cannot_be_read(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    world.sleep()
    world.fail(
        "t1", ReadFailure(cause=FailureCause.TENANT, code="AADSTS65001", stored_sentence="No consent.")
    )
    exclude(world, Exclusion(tenant_id="t1"))
    assert world.alerts() == []
    world.sleep(3)
    assert world.alerts() == []


def test_a_tenant_is_excluded_whether_it_was_added_or_not(world: World) -> None:
    world.partner(
        "p1", [Customer(tenant_id="t1", name="A", domain=""), Customer(tenant_id="t2", name="B", domain="")]
    )
    world.add("t1", sku("e3", 10, 4))
    assert slugs(world) == [Slug.NO_BILLING_PROFILE, Slug.TENANT_NOT_ADDED, Slug.UNUSED_LICENSES]
    exclude(world, Exclusion(tenant_id="t2"))
    assert slugs(world) == [Slug.NO_BILLING_PROFILE, Slug.UNUSED_LICENSES]
    exclude(world, Exclusion(tenant_id="t1"))
    assert slugs(world) == []


def test_what_goes_wrong_with_an_excluded_tenants_lines_is_still_told(world: World) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.map("t1", mapping("mapping1", "e3"))
    world.lines(line("mapping1", blocked=CANCELLED))
    exclude(world, Exclusion(tenant_id="t1"))
    assert slugs(world) == [Slug.PUSH_FAILED]


def test_a_sku_excluded_for_the_account_leaves_every_tenant(world: World) -> None:
    for tenant in ("t1", "t2"):
        world.add(tenant, sku("e3", 10, 4), sku("e5", 10, 10))
    exclude(world, Exclusion(sku_id="e3"))
    assert {(a.finding.slug, a.finding.skus) for a in world.alerts()} == {(Slug.NO_BILLING_PROFILE, ("e5",))}


def test_a_condition_is_judged_by_todays_count_not_by_the_alerts_old_one(world: World) -> None:
    """An alert that is open at 8 closes when 4 are found, and one that was open at 4 stays when 8 are."""
    world.add("t1", sku("e3", 10, 2))
    world.evaluate()
    exclude(world, UNUSED_E3.model_copy(update={"spare_at_most": 5}))
    assert world.only(Slug.UNUSED_LICENSES).opened_at == NIGHT
    world.sleep()
    world.read("t1", sku("e3", 10, 6))
    assert world.alerts(Slug.UNUSED_LICENSES) == []


# -- the record ---------------------------------------------------------------------------------------------------


def test_the_list_says_what_who_when_and_why_and_the_end_is_kept(world: World) -> None:
    assert exclude(world, UNUSED_E3.model_copy(update={"customer": "Contoso", "spare_at_most": 6}))
    (one,) = exclusions.listed(world.tables, world.account.id, world.now.date())
    assert (one.id, one.who, one.since, one.reason) == (
        exclusions.exclusion_id(UNUSED_E3.target),
        "ann@msp.example",
        NIGHT,
        "agreed",
    )
    assert (one.exclusion.customer, one.exclusion.spare_at_most) == ("Contoso", 6)
    world.now += DAY
    include(world, UNUSED_E3)
    assert list(exclusions.listed(world.tables, world.account.id, world.now.date())) == []
    versions = list(history(world.tables, world.account.id, exclusions.KIND, one.id))
    assert [(version.valid_from, version.content is None) for version in versions] == [
        (NIGHT, False),
        (NIGHT + DAY, True),
    ]


def test_an_exclusion_whose_day_has_come_is_listed_no_more(world: World) -> None:
    until = UNUSED_E3.model_copy(update={"until": TODAY + DAY})
    exclude(world, until)
    (one,) = exclusions.listed(world.tables, world.account.id, TODAY)
    assert one.exclusion == until
    assert list(exclusions.listed(world.tables, world.account.id, TODAY + DAY)) == []


def test_excluding_the_same_twice_is_one_decision_and_another_condition_another(world: World) -> None:
    assert exclude(world, UNUSED_E3)
    assert not exclude(world, UNUSED_E3)
    assert exclude(world, UNUSED_E3.model_copy(update={"spare_at_most": 3}))
    (one,) = exclusions.listed(world.tables, world.account.id, world.now.date())
    assert one.exclusion.spare_at_most == 3


def test_what_is_not_excluded_cannot_be_included(world: World) -> None:
    with pytest.raises(NotFound, match="no exclusion"):
        include(world, UNUSED_E3)
    exclude(world, UNUSED_E3)
    include(world, UNUSED_E3)
    with pytest.raises(NotFound, match="no exclusion"):
        include(world, UNUSED_E3)


class _PressedTwice(MemoryTables):
    """The other press is recorded between this one's last look and its write."""

    other: Exclusion | None = None
    looks = 0

    def get(self, key: Key) -> Row | None:
        row = super().get(key)
        self.looks += 1
        if self.looks == 2 and self.other is not None:
            other, self.other = self.other, None
            exclusions.exclude(self, keys.account_id("acme"), other, Decider("b", "", NIGHT))
        return row


def test_two_presses_at_the_same_moment_are_one_exclusion() -> None:
    tables, acme = _PressedTwice(), keys.account_id("acme")
    tables.other = UNUSED_E3
    assert not exclusions.exclude(tables, acme, UNUSED_E3, Decider("a", "", NIGHT))
    (one,) = exclusions.listed(tables, acme, TODAY)
    assert one.who == "b"


def test_another_account_does_not_see_it(world: World) -> None:
    exclude(world, UNUSED_E3)
    assert list(exclusions.listed(world.tables, keys.account_id("other"), TODAY)) == []
