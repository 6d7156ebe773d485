"""Opening an account: once for an Entra tenant that may, by its first person, also when it was cut off."""

import pytest

from shared.accounts import audit
from shared.accounts.account import Account, Mode
from shared.accounts.directory import account_ids
from shared.accounts.members import Role, member
from shared.accounts.opening import may_open, open_account
from shared.errors import Rejected
from shared.storage.memory import MemoryTables
from shared.storage.tables import RowChange
from tests.shared.accounts.people import HOME, NOW, a_member, person

ALLOWED = frozenset({HOME})


def opens(tables: MemoryTables, name: str = "olivia", called: str = "Acme IT", tenant: str = HOME) -> Account:
    owner = a_member(name, Role.OWNER, tenant)
    return open_account(tables, owner, called, "Europe/Zurich", "clerk@acme.example", ALLOWED)


def test_a_new_account_is_in_preview_with_its_opener_as_owner() -> None:
    tables = MemoryTables()
    account = opens(tables)
    assert account.mode is Mode.PREVIEW
    found = member(tables, account.id, person("olivia"))
    assert found is not None
    assert found.role is Role.OWNER
    assert account.digest.recipients == ("clerk@acme.example",)
    ((_, entry),) = audit.entries(tables, account.id, NOW)
    assert entry.action == "account.opened"


def test_one_tenant_has_one_account_however_it_is_called() -> None:
    tables = MemoryTables()
    first = opens(tables)
    assert opens(tables, called="Acme, again").id == first.id
    with pytest.raises(Rejected) as refused:
        opens(tables, name="bob")
    assert refused.value.code == "already_open"
    assert list(account_ids(tables)) == [first.id]


def test_another_tenant_may_not_open_one() -> None:
    tables = MemoryTables()
    with pytest.raises(Rejected) as refused:
        opens(tables, tenant="99999999-aaaa-4bbb-8ccc-000000000009")
    assert refused.value.code == "not_allowed"
    assert list(account_ids(tables)) == []


@pytest.mark.parametrize("called", ["", " ", "\u202e", "\x00"])
def test_a_name_that_nobody_sees_is_none(called: str) -> None:
    with pytest.raises(Rejected) as refused:
        opens(MemoryTables(), called=called)
    assert refused.value.field == "name"


@pytest.mark.parametrize("called", ["Öresund IT & Söner", "日本", "x" * 80, "..", "-"])
def test_any_name_gives_an_account_an_id(called: str) -> None:
    assert opens(MemoryTables(), called=called).name == called


class Cut(MemoryTables):
    """The process ends before the commit of this number."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def commit(self, changes: object) -> list[str]:
        if self.left == 0:
            raise SystemExit
        self.left -= 1
        found: list[RowChange] = changes  # type: ignore[assignment]
        return super().commit(found)


@pytest.mark.parametrize("at", range(6))
def test_who_was_cut_off_in_the_middle_opens_it_by_the_same_call(at: int) -> None:
    tables = Cut(at)
    with pytest.raises(SystemExit):
        opens(tables)
    tables.left = 100
    account = opens(tables)
    found = member(tables, account.id, person("olivia"))
    assert found is not None
    assert found.role is Role.OWNER
    assert list(account_ids(tables)) == [account.id]
    assert not may_open(tables, person("olivia"), ALLOWED)
