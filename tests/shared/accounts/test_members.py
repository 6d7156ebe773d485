"""Members: an account always has an owner, whoever changes what at the same moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts import audit
from shared.accounts.members import (
    Role,
    accounts_of,
    add_member,
    change_role,
    member,
    members,
    remove_member,
)
from shared.errors import NotFound, Rejected
from shared.storage.memory import MemoryTables
from tests.shared.accounts.people import ACME, BY, NOW, OTHER, a_member, person

PEOPLE = ("ann", "bob", "cid")


def with_members(**roles: Role) -> MemoryTables:
    tables = MemoryTables()
    for name, role in roles.items():
        add_member(tables, ACME, a_member(name, role))
    return tables


def role_of(tables: MemoryTables, name: str) -> Role | None:
    found = member(tables, ACME, person(name))
    return found.role if found else None


steps = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*Role, None])), max_size=20)


@given(steps)
def test_whatever_is_changed_in_whatever_order_an_owner_is_left(
    changes: list[tuple[str, Role | None]],
) -> None:
    tables = with_members(ann=Role.OWNER, bob=Role.OWNER, cid=Role.READER)
    expected = {"ann": Role.OWNER, "bob": Role.OWNER, "cid": Role.READER}
    for name, role in changes:
        others = [one for one, held in expected.items() if held is Role.OWNER and one != name]
        try:
            if role is None:
                remove_member(tables, ACME, person(name).id, BY)
                expected.pop(name)
            else:
                change_role(tables, ACME, person(name).id, role, BY)
                expected[name] = role
        except NotFound:
            assert name not in expected
        except Rejected:
            assert not others
    assert {name: role_of(tables, name) for name in PEOPLE} == {name: expected.get(name) for name in PEOPLE}
    assert Role.OWNER in expected.values()


class Meanwhile(MemoryTables):
    """Somebody else is faster: `first` happens before the next change is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.first: list[str] = []

    def commit(self, changes: object) -> list[str]:
        while self.first:
            remove_member(self, ACME, person(self.first.pop()).id, BY)
        return super().commit(changes)  # type: ignore[arg-type]


def test_two_owners_who_remove_each_other_at_the_same_moment_are_not_both_gone() -> None:
    tables = Meanwhile()
    for name in ("ann", "bob"):
        add_member(tables, ACME, a_member(name, Role.OWNER))
    tables.first = ["ann"]
    with pytest.raises(Rejected) as refused:
        remove_member(tables, ACME, person("bob").id, BY)
    assert refused.value.code == "conflict"
    assert (role_of(tables, "ann"), role_of(tables, "bob")) == (None, Role.OWNER)


def test_a_person_of_two_accounts_is_found_in_both_and_gone_from_the_left_one_alone() -> None:
    tables = MemoryTables()
    add_member(tables, ACME, a_member("ann", Role.OWNER))
    add_member(tables, ACME, a_member("bob", Role.OWNER))
    add_member(tables, OTHER, a_member("ann", Role.OWNER))
    assert set(accounts_of(tables, person("ann"))) == {ACME, OTHER}
    remove_member(tables, ACME, person("ann").id, BY)
    assert list(accounts_of(tables, person("ann"))) == [OTHER]
    assert [one.person for one in members(tables, ACME)] == [person("bob")]


def test_the_same_object_id_in_another_tenant_is_another_person() -> None:
    tables = with_members(ann=Role.OWNER)
    assert member(tables, ACME, person("ann", "99999999-aaaa-4bbb-8ccc-000000000009")) is None


def test_adding_somebody_again_changes_nothing() -> None:
    tables = with_members(ann=Role.OWNER)
    assert add_member(tables, ACME, a_member("ann", Role.READER)).role is Role.OWNER


def test_a_role_that_is_the_same_is_no_entry_of_the_audit_log() -> None:
    tables = with_members(ann=Role.OWNER, bob=Role.READER)
    change_role(tables, ACME, person("bob").id, Role.READER, BY)
    assert list(audit.entries(tables, ACME, NOW)) == []
