"""K12 as arithmetic: what each rule counts, and when it counts nothing at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.licensing.custom_licences.counting import TenantCustomLicences, people_of
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind, domain_of
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable, UncountedReason
from shared.licensing.tenant_state import CountedMailboxes, ReadFailure, ReadGroup, Snapshot
from shared.microsoft.models import (
    FailureCause,
    GroupCount,
    MailboxCount,
    MailboxKind,
    MailboxSource,
    NotRead,
    Sku,
    Subscription,
    User,
)
from shared.microsoft.read_problems import ReadProblem
from tests.shared.billing.world import START, sku
from tests.shared.licensing.bought import bought

BASIC, PREMIUM, FREE, GONE = "aaaa", "bbbb", "cccc", "dddd"
SKUS = (
    sku(BASIC, 10, part_number="BASIC", consumed=7),
    sku(PREMIUM, 5, part_number="PREMIUM", consumed=5, warning=2),
    sku(FREE, 20, part_number="FLOW_FREE", consumed=4),
)
SUM, USERS = RuleKind.SUM, RuleKind.LICENSED_USERS


def person(upn: str, *skus: str, kind: str = "Member", enabled: bool = True) -> User:
    return User(
        id=upn,
        name=upn,
        upn=upn,
        mail="",
        enabled=enabled,
        user_type=kind,
        department="",
        office="",
        state="",
        city="",
        skus=skus,
    )


PEOPLE = (
    person("ann@Contoso.com", BASIC),
    person("bob@contoso.com", BASIC, PREMIUM),
    person("cid@sub.contoso.com", PREMIUM),
    person("dan@contoso.com", FREE),
    person("eve@fabrikam.com", BASIC, enabled=False),
    person("fay_x.test#EXT#@contoso.onmicrosoft.com", BASIC, kind="Guest"),
)


def rows(
    rule: Rule,
    users: tuple[User, ...] | None = PEOPLE,
    skus: tuple[Sku, ...] = SKUS,
    subscriptions: tuple[Subscription, ...] = (),
) -> LicenceRows:
    there = Snapshot(
        connection_id="partner",
        began=START,
        ended=START,
        digest="d",
        skus=skus,
        subscriptions=subscriptions or bought(*skus),
        user_count=0,
        users_digest="u",
    )
    licence = CustomLicence(id="1", name="Managed", rule=rule)
    return LicenceRows(there, {"partner"}, TenantCustomLicences({licence.sku_id: licence}, users))


KEY = LicenceKey("custom-1")


def found(rule: Rule, users: tuple[User, ...] | None = PEOPLE) -> Licence:
    licence = rows(rule, users).find(KEY)
    assert licence is not None
    return licence


def why(there: LicenceRows) -> UncountedReason:
    with pytest.raises(NotCountable) as unclear:
        there.find(KEY)
    return unclear.value.why.reason


@pytest.mark.parametrize(
    "rule, purchased, assigned",
    [
        (Rule(kind=SUM, sku_ids=(BASIC,)), 10, 7),
        (Rule(kind=SUM, sku_ids=(BASIC.upper(),)), 10, 7),
        (Rule(kind=SUM, sku_ids=(BASIC, PREMIUM)), 15, 12),
        (Rule(kind=SUM, sku_ids=(BASIC, BASIC)), 10, 7),
        (Rule(kind=SUM, sku_ids=(BASIC, GONE)), 10, 7),
        (Rule(kind=SUM, sku_ids=(GONE,)), 0, 0),
        (Rule(kind=USERS), 5, 5),
        (Rule(kind=USERS, domains=("contoso.com",)), 2, 2),
        (Rule(kind=USERS, domains=("CONTOSO.COM.",)), 2, 2),
        (Rule(kind=USERS, domains=("contoso.com", "sub.contoso.com")), 3, 3),
        (Rule(kind=USERS, domains=("com",)), 0, 0),
        (Rule(kind=USERS, without_guests=True), 4, 4),
        (Rule(kind=USERS, without_disabled=True), 4, 4),
        (Rule(kind=USERS, without_guests=True, without_disabled=True), 3, 3),
        (Rule(kind=USERS, domains=("fabrikam.com",), without_disabled=True), 0, 0),
    ],
)
def test_what_each_rule_counts(rule: Rule, purchased: int, assigned: int) -> None:
    assert (found(rule).purchased, found(rule).assigned) == (purchased, assigned)


def test_a_sum_shows_what_is_never_billed_apart() -> None:
    assert found(Rule(kind=SUM, sku_ids=(BASIC, PREMIUM))).in_grace == 2


def test_a_part_of_a_sum_that_is_doubtful_holds_the_sum() -> None:
    torn = (*bought(SKUS[0]), Subscription(id="s", sku_id=PREMIUM, status="Enabled", total=4))
    rule = Rule(kind=SUM, sku_ids=(BASIC, PREMIUM))
    assert why(rows(rule, skus=SKUS[:2], subscriptions=torn)) is UncountedReason.SUBSCRIPTIONS_DIFFER


def test_users_that_are_not_known_are_no_number() -> None:
    assert why(rows(Rule(kind=USERS), users=None)) is UncountedReason.PEOPLE_UNKNOWN


def test_a_rule_that_is_gone_is_no_number_and_not_zero() -> None:
    there = rows(Rule(kind=SUM, sku_ids=(BASIC,)))
    with pytest.raises(NotCountable):
        there.find(LicenceKey("custom-2"))
    with pytest.raises(NotCountable):
        LicenceRows(there.snapshot, {"partner"}).parts(KEY)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": SUM},
        {"kind": SUM, "sku_ids": ("custom-1",)},
        {"kind": SUM, "sku_ids": (BASIC,), "domains": ("contoso.com",)},
        {"kind": SUM, "sku_ids": (BASIC,), "without_guests": True},
        {"kind": USERS, "sku_ids": (BASIC,)},
        {"kind": RuleKind.GROUP_MEMBERS},
        {"kind": RuleKind.GROUP_MEMBERS, "group_id": "../users"},
        {"kind": USERS, "group_id": "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"},
        {"kind": RuleKind.MAILBOXES},
        {"kind": RuleKind.MAILBOXES, "mailboxes": ("archive",)},
        {"kind": RuleKind.MAILBOXES, "mailboxes": ("shared",), "without_disabled": True},
        {"kind": RuleKind.MAILBOXES, "mailboxes": ("shared",), "domains": ("contoso.com",)},
        {"kind": USERS, "mailboxes": ("shared",)},
        {"kind": USERS, "domains": ("",)},
        {"kind": USERS, "domains": ("contoso..com",)},
        {"kind": USERS, "domains": ("contoso com",)},
    ],
)
def test_a_rule_that_means_nothing_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(asked)


GROUP = "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"
MEMBERS = GroupCount(group_id=GROUP, members=10, guests=4, disabled=3, disabled_guests=1)


def in_group(read: ReadGroup | None, **without: bool) -> LicenceRows:
    rule = Rule.model_validate({"kind": RuleKind.GROUP_MEMBERS, "group_id": GROUP.upper(), **without})
    there = rows(rule).snapshot
    assert isinstance(there, Snapshot)
    licence = CustomLicence(id="1", name="Managed", rule=rule)
    counted = there.model_copy(update={"groups": (read,) if read else ()})
    return LicenceRows(counted, {"partner"}, TenantCustomLicences({licence.sku_id: licence}))


@pytest.mark.parametrize(
    "without, number",
    [
        ({}, 10),
        ({"without_guests": True}, 6),
        ({"without_disabled": True}, 7),
        ({"without_guests": True, "without_disabled": True}, 4),
    ],
)
def test_members_of_a_group(without: dict[str, bool], number: int) -> None:
    licence = in_group(ReadGroup(group_id=GROUP, count=MEMBERS), **without).find(KEY)
    assert licence is not None
    assert (licence.purchased, licence.assigned) == (number, number)


def test_an_empty_group_is_0_and_one_that_was_not_read_is_no_number() -> None:
    empty = in_group(ReadGroup(group_id=GROUP, count=GroupCount(group_id=GROUP, members=0))).find(KEY)
    assert empty is not None
    assert empty.purchased == 0
    assert why(in_group(None)) is UncountedReason.GROUP_UNKNOWN
    gone = ReadFailure.of(NotRead(FailureCause.TENANT, "404 x", ReadProblem.GROUP_GONE))
    with pytest.raises(
        NotCountable, match=r"members that Managed counts are not known\. The group is not in the"
    ):
        in_group(ReadGroup(group_id=GROUP, failure=gone)).find(KEY)


def in_mailboxes(read: CountedMailboxes | None, *kinds: MailboxKind) -> LicenceRows:
    rule = Rule(kind=RuleKind.MAILBOXES, mailboxes=kinds)
    there = rows(rule).snapshot
    assert isinstance(there, Snapshot)
    licence = CustomLicence(id="1", name="Backup", rule=rule)
    counted = there.model_copy(update={"mailbox_counts": read})
    return LicenceRows(counted, {"partner"}, TenantCustomLicences({licence.sku_id: licence}))


@given(
    by_kind=st.fixed_dictionaries(dict.fromkeys(MailboxKind, st.integers(0, 9_000))),
    kinds=st.sets(st.sampled_from(MailboxKind), min_size=1),
)
def test_mailboxes_count_by_the_kinds_of_the_rule(
    by_kind: dict[MailboxKind, int], kinds: set[MailboxKind]
) -> None:
    read = CountedMailboxes(count=MailboxCount(source=MailboxSource.EXCHANGE, by_kind=by_kind))
    stored = CountedMailboxes.model_validate_json(read.body())
    licence = in_mailboxes(stored, *kinds).find(KEY)
    number = sum(by_kind[kind] for kind in kinds)
    assert licence is not None
    assert (licence.purchased, licence.assigned, licence.spare) == (number, number, 0)


def test_mailboxes_that_were_not_read_are_no_number() -> None:
    assert why(in_mailboxes(None, MailboxKind.SHARED)) is UncountedReason.MAILBOXES_UNKNOWN
    other = MailboxCount(source=MailboxSource.EXCHANGE, by_kind={MailboxKind.SHARED: 3})
    unasked = in_mailboxes(CountedMailboxes(count=other), MailboxKind.SHARED, MailboxKind.ROOM)
    assert why(unasked) is UncountedReason.MAILBOXES_UNKNOWN
    refused = ReadFailure.of(NotRead(FailureCause.TENANT, "403 x", ReadProblem.EXCHANGE_ROLE))
    with pytest.raises(
        NotCountable, match=r"mailboxes that Backup counts are not known\. The service user may not"
    ):
        in_mailboxes(CountedMailboxes(failure=refused), MailboxKind.USER).find(KEY)


LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
AS_TYPED = st.sampled_from((str, str.upper, str.title, lambda d: f"{d}.", lambda d: f" {d} "))


@given(of=DOMAIN, other=DOMAIN, label=LABEL, typed=AS_TYPED, told=AS_TYPED)
def test_a_domain_is_the_same_however_it_is_written_and_never_another_one(
    of: str, other: str, label: str, typed: type[str], told: type[str]
) -> None:
    rule = Rule(kind=USERS, domains=(typed(of),))
    users = (
        person(f"ann@{told(of).strip()}", BASIC),
        person(f"bob@{label}.{of}", BASIC),
        person(f"cid@{of}.{label}", BASIC),
        person(f"dan@{label}{of}", BASIC),
        *((person(f"eve@{other}", BASIC),) if other != of else ()),
    )
    assert [user.upn[:3] for user in people_of(rule, rows(rule).snapshot, users)] == ["ann"]


@given(seats=st.lists(st.integers(0, 9_000), min_size=1, max_size=6), named=st.sets(st.integers(0, 7)))
def test_a_sum_is_the_seats_of_its_licences_whatever_else_there_is(seats: list[int], named: set[int]) -> None:
    skus = tuple(sku(f"s{number}", enabled) for number, enabled in enumerate(seats))
    if not named:
        return
    rule = Rule(kind=SUM, sku_ids=tuple(f"s{number}" for number in named))
    licence = rows(rule, skus=skus).find(KEY)
    assert licence is not None
    assert licence.purchased == sum(enabled for number, enabled in enumerate(seats) if number in named)


def test_the_domain_of_a_guests_sign_in_name_is_the_tenants_own() -> None:
    assert domain_of("fay_x.test#EXT#@Contoso.onmicrosoft.com") == "contoso.onmicrosoft.com"
