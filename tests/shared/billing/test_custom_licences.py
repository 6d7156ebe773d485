"""K12: a custom licence is defined, mapped to a line, moves it, explains it, and is removed when nothing needs it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.accounts.company import Filters
from shared.billing import line_decisions
from shared.billing.custom_licences import counted_now, custom_licences, define, remove, rename
from shared.billing.mapping.choices import mappings_of
from shared.billing.mapping.request import MappingRequest, mappings_asked_for
from shared.billing.models import Basis, Options, UnplannedReason
from shared.billing.tenant_licences import tenant_licences, users_with
from shared.billing.why_in_words import sentence
from shared.billing.why_this_number import LineOf, people_behind, why_this_number
from shared.errors import NotFound, Rejected
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.tenant_state import CountedMailboxes, ReadFailure, ReadGroup
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import (
    FailureCause,
    GroupCount,
    MailboxCount,
    MailboxKind,
    MailboxSource,
    NotRead,
    Subscription,
    User,
)
from shared.microsoft.read_problems import ReadProblem
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Reason
from tests.shared.billing.world import ACCOUNT, PROFILE, SKU, Mapped, World, check_invariants, user

OTHER = "f30db892-07e9-47e9-837c-80727f46fd3d"
SUM = Rule(kind=RuleKind.SUM, sku_ids=(SKU, OTHER))
USERS = Rule(kind=RuleKind.LICENSED_USERS, domains=("contoso.test",))


@pytest.fixture
def world() -> World:
    return World()


def people(number: int, domain: str = "contoso.test") -> tuple[User, ...]:
    return tuple(replace(user(f"u{n}"), upn=f"u{n}@{domain}") for n in range(number))


def defined(world: World, rule: Rule, name: str = "Managed", tenant: str = "contoso") -> CustomLicence:
    return define(world.tables, ACCOUNT, name, tenant, rule, world.by())


def mapped(world: World, rule: Rule, line_says: int, options: Options | None = None) -> Mapped:
    """The custom licence on a line that is there already."""
    world.read("contoso", {SKU: 10, OTHER: 4})
    licence = defined(world, rule)
    agreement = world.add_agreement()
    line = world.fake.add_line(agreement, world.product.id, line_says)
    return world.map("contoso", licence.sku_id, agreement, line.id, options)


def test_a_sum_moves_its_line_as_a_licence_does() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    world.read("contoso", {SKU: 12})
    world.push_until_done()
    assert world.quantity(line) == 16
    check_invariants(world)


def test_a_sum_is_billed_by_assigned_seats_where_the_mapping_says_so() -> None:
    world = World()
    line = mapped(world, SUM, 14, Options(basis=Basis.ASSIGNED, minimum=3))
    assert world.wish(line).quantity == 3


def test_a_licence_that_is_gone_counts_nothing_and_the_rest_of_the_sum_goes_on() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    del world._seats["contoso"][OTHER]
    world.read("contoso")
    world.push_until_done()
    assert world.quantity(line) == 10


def test_a_sum_with_a_doubtful_part_is_not_written_and_says_why() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    torn = Subscription(id="s", sku_id=OTHER, status="Enabled", total=1)
    world.read("contoso", {SKU: 3}, subscriptions=(torn,))
    world.push_until_done()
    assert world.quantity(line) == 14
    assert world.unplanned(line) is UnplannedReason.NOT_COUNTABLE
    assert "Microsoft counts 4" in world.why_not_planned(line)
    check_invariants(world)


def test_users_of_a_domain_move_the_line_and_only_they() -> None:
    world = World()
    world.read("contoso", people=people(5))
    line = mapped(world, USERS, 5)
    world.read("contoso", people=(*people(8), *people(3, "fabrikam.test")))
    world.push_until_done()
    assert world.quantity(line) == 8
    check_invariants(world)


def test_users_that_are_not_kept_are_no_number_and_not_none() -> None:
    world = World()
    world.read("contoso", people=people(5))
    line = mapped(world, USERS, 5)
    world.blobs._blobs.clear()
    world.push_until_done()
    assert world.quantity(line) == 5
    assert world.unplanned(line) is UnplannedReason.NOT_COUNTABLE
    assert "Who has Managed is not known" in world.why_not_planned(line)


def test_doubts_about_users_hold_what_is_counted_by_them() -> None:
    world = World()
    world.read("contoso", people=people(9))
    line = mapped(world, USERS, 9)
    world.read("contoso", people=people(2), doubts=(DoubtKind.USERS_UNLISTED,))
    world.push_until_done()
    assert world.quantity(line) == 9
    assert [hold.change.after for hold in world.held()] == [2]


GROUP = "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"
MEMBERS = Rule(kind=RuleKind.GROUP_MEMBERS, group_id=GROUP)


def group(members: int | None) -> tuple[ReadGroup, ...]:
    """As it was read; None: it is not in the tenant any more."""
    if members is None:
        gone = ReadFailure.of(NotRead(FailureCause.TENANT, "404 x", ReadProblem.GROUP_GONE))
        return (ReadGroup(group_id=GROUP, failure=gone),)
    return (ReadGroup(group_id=GROUP, count=GroupCount(group_id=GROUP, members=members)),)


def test_theirs_is_taken_by_the_people_that_the_rule_counts(world: World) -> None:
    world.read("contoso", people=people(5))
    line = mapped(world, USERS, 5)
    world.night()
    world.fake.edit_line(line.line, quantity=Decimal(7))
    world.night()
    stores = line_decisions.Stores(world.tables, world.blobs)
    line_decisions.take_theirs(stores, ACCOUNT, line.tenant, line.mapping, 7, world.by())
    (mapping,) = mappings_of(world.tables, ACCOUNT, "contoso").mappings
    assert mapping.options.difference == 2


def test_members_of_a_group_move_the_line(world: World) -> None:
    line = mapped(world, MEMBERS, 6)
    world.read("contoso", groups=group(9))
    world.push_until_done()
    assert world.quantity(line) == 9
    check_invariants(world)


def test_a_group_that_is_gone_or_refused_is_not_0(world: World) -> None:
    line = mapped(world, MEMBERS, 6)
    world.read("contoso", groups=group(None))
    world.push_until_done()
    assert world.quantity(line) == 6
    assert world.unplanned(line) is UnplannedReason.NOT_COUNTABLE
    assert "The group is not in the tenant any more" in world.why_not_planned(line)
    world.read("contoso", groups=())
    world.push_until_done("2026-03-03")
    assert world.quantity(line) == 6
    assert "synchronise the customer then" in world.why_not_planned(line)
    check_invariants(world)


def test_a_group_that_is_empty_now_waits_for_a_person(world: World) -> None:
    line = mapped(world, MEMBERS, 6)
    world.read("contoso", groups=group(0))
    world.push_until_done()
    assert world.quantity(line) == 6
    assert [hold.change.after for hold in world.held()] == [0]


MAILBOXES = Rule(kind=RuleKind.MAILBOXES, mailboxes=(MailboxKind.USER, MailboxKind.SHARED))


def mailboxes(user: int, shared: int) -> CountedMailboxes:
    by_kind = {
        MailboxKind.USER: user,
        MailboxKind.SHARED: shared,
        MailboxKind.ROOM: 5,
        MailboxKind.EQUIPMENT: 1,
    }
    return CountedMailboxes(count=MailboxCount(source=MailboxSource.EXCHANGE, by_kind=by_kind))


def test_mailboxes_move_the_line_and_say_why(world: World) -> None:
    line = mapped(world, MAILBOXES, 12, Options(basis=Basis.ASSIGNED, names_on_invoice=True))
    world.read("contoso", mailboxes=mailboxes(10, 4))
    world.push_until_done()
    assert world.quantity(line) == 14
    check_invariants(world)
    on, at = world.clock.now().date(), world.clock.now()
    of = LineOf("contoso", line.mapping)
    why = why_this_number(world.tables, world.blobs, world.account, of, on, at)
    assert "14 of Managed (shared mailboxes and user mailboxes, with a licence or without)" in sentence(
        why, "Managed"
    )
    with pytest.raises(NotFound, match="their names are not kept"):
        people_behind(world.blobs, ACCOUNT, "contoso", why)
    assert world.fake.line(line.line).text == ""
    made = certificate_now(world.tables, world.blobs, world.account, at)
    (row,) = (row for row in made.rows if row.licence is not None and row.licence.is_custom)
    assert (row.seats, row.billed, row.reason) == (14, 14, Reason.ON_ITS_LINE)


def test_mailboxes_that_were_refused_or_not_asked_for_are_not_0(world: World) -> None:
    line = mapped(world, MAILBOXES, 12)
    refusal = ReadFailure.of(NotRead(FailureCause.TENANT, "403 x", ReadProblem.EXCHANGE_ROLE))
    for told, on in ((CountedMailboxes(failure=refusal), "2026-03-02"), (None, "2026-03-03")):
        world.read("contoso", mailboxes=told)
        world.push_until_done(on)
        assert world.quantity(line) == 12
        assert world.unplanned(line) is UnplannedReason.NOT_COUNTABLE
    assert "mailboxes that Managed counts are not known" in world.why_not_planned(line)
    check_invariants(world)


def test_that_all_mailboxes_are_gone_waits_for_a_person(world: World) -> None:
    line = mapped(world, MAILBOXES, 12)
    world.read("contoso", mailboxes=mailboxes(0, 0))
    world.push_until_done()
    assert world.quantity(line) == 12
    assert [hold.change.after for hold in world.held()] == [0]


def test_a_group_is_of_one_customer(world: World) -> None:
    world.read("contoso")
    with pytest.raises(Rejected, match="A group is of one customer"):
        defined(world, MEMBERS, tenant="")


def test_a_copy_is_billed_beside_the_licence_itself() -> None:
    world = World()
    licence = world.map_line("contoso", 10)
    line = mapped(world, Rule(kind=RuleKind.SUM, sku_ids=(SKU,)), 10)
    world.read("contoso", {SKU: 11})
    world.push_until_done()
    assert (world.quantity(licence), world.quantity(line)) == (11, 11)
    check_invariants(world)


def test_the_accounts_own_counts_each_tenant_by_itself() -> None:
    world = World()
    world.read("contoso", {SKU: 3})
    world.read("fabrikam", {SKU: 5})
    licence = defined(world, Rule(kind=RuleKind.SUM, sku_ids=(SKU,)), tenant="")
    for tenant, seats in (("contoso", 3), ("fabrikam", 5)):
        shown = tenant_licences(world.tables, world.blobs, ACCOUNT, tenant, world.clock.now()).rows
        (row,) = (row for row in shown if row.key.sku_id == licence.sku_id)
        assert row.counts is not None
        assert row.counts.purchased == seats
        assert (row.part_number, row.watched, row.mapping) == ("Managed", False, None)


def test_the_same_definition_is_one_and_a_name_is_used_once() -> None:
    world = World()
    world.read("contoso", {SKU: 3})
    assert defined(world, SUM) == defined(world, SUM)
    with pytest.raises(Rejected, match="the name Managed already"):
        defined(world, USERS, "MANAGED")
    with pytest.raises(Rejected, match="the name Managed already"):
        defined(world, USERS, tenant="")
    with pytest.raises(Rejected, match="needs a name"):
        defined(world, USERS, " \n ")
    with pytest.raises(NotFound):
        defined(world, USERS, tenant="nobody")
    licence = defined(world, USERS, "Users")
    _, renamed = rename(world.tables, ACCOUNT, licence.id, "People", world.by())
    assert (renamed.id, renamed.rule) == (licence.id, USERS)
    assert [each.name for each in custom_licences(world.tables, ACCOUNT)] == ["Managed", "People"]


def test_it_is_removed_only_when_no_line_is_billed_by_it() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    (licence,) = custom_licences(world.tables, ACCOUNT)
    with pytest.raises(Rejected, match="1 line is billed"):
        remove(world.tables, ACCOUNT, licence.id, world.by())
    ends = world.clock.now().date() + timedelta(days=20)
    none = world.mappings("contoso").model_copy(update={"mappings": ()})
    world.save_mappings("contoso", none, last_days={line.line: ends})
    remove(world.tables, ACCOUNT, licence.id, world.by())
    assert custom_licences(world.tables, ACCOUNT) == []


def test_a_line_whose_rule_is_gone_all_the_same_keeps_its_number() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    (licence,) = custom_licences(world.tables, ACCOUNT)
    world.tables._partitions[f"{ACCOUNT}|decisions"].pop(f"now|custom_licence|{licence.id}")  # type: ignore[attr-defined]
    world.push_until_done()
    assert world.quantity(line) == 14
    assert "is not known any more" in world.why_not_planned(line)


def test_of_a_tenant_that_is_shared_out_none_can_be_billed() -> None:
    world = World()
    line = mapped(world, SUM, 14)
    (licence,) = custom_licences(world.tables, ACCOUNT)
    world.add_company("contoso", Filters(office=("Bern",)))
    asked = MappingRequest(licence.sku_id, profile=PROFILE, connection="cw", agreement_id=line.agreement)
    with pytest.raises(Rejected, match="a custom licence counts all of them"):
        mappings_asked_for(world.tables, ACCOUNT, "contoso", [asked])
    world.read("contoso", {SKU: 50})
    world.push_until_done()
    assert world.quantity(line) == 14
    assert "shared out to companies by filters" in world.why_not_planned(line)


def test_only_a_custom_licence_of_the_tenant_can_be_mapped() -> None:
    world = World()
    world.read("contoso", {SKU: 3})
    world.read("fabrikam", {SKU: 3})
    licence = defined(world, SUM)
    asked = MappingRequest(licence.sku_id, profile=PROFILE, connection="cw", agreement_id="1")
    assert mappings_asked_for(world.tables, ACCOUNT, "contoso", [asked]).mappings
    for tenant, wrong in (("fabrikam", asked), ("contoso", replace(asked, subscription_id="s"))):
        with pytest.raises(Rejected, match="no such custom licence"):
            mappings_asked_for(world.tables, ACCOUNT, tenant, [wrong])


def test_why_this_number_tells_the_rule_and_the_people() -> None:
    world = World()
    world.read("contoso", people=(*people(2), *people(1, "fabrikam.test")))
    line = mapped(world, USERS, 2)
    on = world.clock.now().date()
    why = why_this_number(
        world.tables, world.blobs, world.account, LineOf("contoso", line.mapping), on, world.clock.now()
    )
    told = sentence(why, "Managed")
    assert "2 of Managed (users of contoso.test with a licence that costs money)" in told
    behind = people_behind(world.blobs, ACCOUNT, "contoso", why)
    assert [each.upn for each in behind] == ["u0@contoso.test", "u1@contoso.test"]
    shown = users_with(world.tables, world.blobs, ACCOUNT, "contoso", line.sku)
    assert [each.id for each in shown] == [each.id for each in behind]


def test_the_certificate_has_a_row_for_what_is_mapped_and_balances() -> None:
    world = World()
    world.map_line("contoso", 10)
    line = mapped(world, SUM, 14)
    defined(world, USERS, "Not mapped")
    world.push_until_done()
    made = certificate_now(world.tables, world.blobs, world.account, world.clock.now())
    (row,) = (row for row in made.rows if row.licence is not None and row.licence.is_custom)
    assert (row.part_number, row.seats, row.billed, row.reason) == ("Managed", 14, 14, Reason.ON_ITS_LINE)
    assert row.line is not None
    assert row.line.mapping_id == line.mapping
    assert made.unaccounted == ()


def test_the_count_is_seen_before_anything_is_defined() -> None:
    world = World()
    with pytest.raises(NotFound):
        counted_now(world.tables, world.blobs, ACCOUNT, "contoso", SUM)
    world.read("contoso", {SKU: 10, OTHER: 4}, people=people(2))
    for rule, number in ((SUM, 14), (USERS, 2)):
        found = counted_now(world.tables, world.blobs, ACCOUNT, "contoso", rule)
        assert found.counts is not None
        assert found.counts.purchased == number
    assert custom_licences(world.tables, ACCOUNT) == []


@pytest.mark.parametrize("rule", [SUM, USERS])
def test_the_text_on_the_invoice_names_whom_the_rule_counts(rule: Rule) -> None:
    world = World()
    world.read("contoso", people=(*people(2), *people(1, "fabrikam.test")))
    line = mapped(world, rule, 2, Options(names_on_invoice=True))
    world.push_until_done()
    named = ", ".join(["Alice"] * (3 if rule is SUM else 2))
    assert world.fake.line(line.line).text == f"Business Premium | Users: {named}"


def test_members_of_a_group_are_not_named_and_the_text_stays() -> None:
    world = World()
    line = mapped(world, MEMBERS, 2, Options(names_on_invoice=True))
    assert world.wish(line).text is None
    world.push_until_done()
    assert world.fake.line(line.line).text == ""
