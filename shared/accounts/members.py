"""The people of an account: who may do what, and that somebody always may do everything (K18)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Annotated

from pydantic import Field, PlainSerializer

from shared.accounts import audit
from shared.accounts.audit import Actor
from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.documents import Chosen, Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Delete, Insert, Put, Replace, Row, RowChange, Tables


class Role(IntEnum):
    """Each may do what those before it may (product: "Who may do what")."""

    READER = 1
    EDITOR = 2
    ADMIN = 3
    OWNER = 4

    @classmethod
    def named(cls, name: str) -> "Role":
        """Raises Rejected for a word that is no role."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise Rejected(
                f"A role is one of {', '.join(role.word for role in cls)}.", "unknown_role", "role"
            ) from None

    @property
    def word(self) -> str:
        return self.name.lower()


class Person(Document):
    """One identity of Microsoft Entra ID: tenant and object id, never an address."""

    tenant_id: str
    object_id: str

    @property
    def id(self) -> str:
        """Short and stable; it names the person in addresses without saying who it is."""
        return keys.hashed(f"{self.tenant_id}|{self.object_id}")[:16]


class Member(Chosen):
    person: Person
    role: Annotated[Role, Field(), PlainSerializer(int, return_type=int)]
    name: str = ""
    email: str = ""
    """As the first sign-in showed them: for people who read the list, never to recognise anybody."""
    since: datetime

    @property
    def id(self) -> str:
        return self.person.id


class Owners(Document):
    """How many owners the account has. Every change of a role goes through this row, so the last one cannot go."""

    count: int


class Membership(Document):
    """A row of the directory of members: its key says which person belongs to which account."""


def member(tables: Tables, account: AccountId, person: Person) -> Member | None:
    row = tables.get(keys.member(account, person.id))
    return row.read(Member) if row else None


def members(tables: Tables, account: AccountId) -> Iterator[Member]:
    return (row.read(Member) for row in tables.rows(keys.members(account), keys.MEMBERS))


def accounts_of(tables: Tables, person: Person) -> Iterator[AccountId]:
    """The accounts that a person belongs to."""
    for row in tables.rows(keys.directory_of_members(), keys.memberships(person.id)):
        yield keys.account_id(row.key.row.rpartition("|")[2])


def add_member(tables: Tables, account: AccountId, new: Member, because: Sequence[RowChange] = ()) -> Member:
    """Add a person, in one transaction with `because`; one who is a member already stays what they are.

    The member first, then the entry in the directory: who is found there is a member, or the same call again makes
    it so. Raises Rejected when something changed meanwhile.
    """
    key = keys.member(account, new.id)
    row = tables.get(key)
    if row is None:
        changes: list[RowChange] = [*because, Insert(key, new)]
        if new.role is Role.OWNER:
            changes.append(_owners(tables, account, 1))
        _commit(tables, changes)
    tables.commit([Put(keys.membership(new.id, account), Membership())])
    return row.read(Member) if row else new


def change_role(tables: Tables, account: AccountId, member_id: str, role: Role, by: Actor) -> Member:
    """Raises NotFound, and Rejected when it would leave the account without an owner."""
    row = _row(tables, account, member_id)
    before = row.read(Member)
    if before.role is role:
        return before
    after = before.model_copy(update={"role": role})
    step = (role is Role.OWNER) - (before.role is Role.OWNER)
    changes: list[RowChange] = [Replace(row.key, after, row.etag)]
    if step:
        changes.append(_owners(tables, account, step))
    _commit(tables, changes)
    audit.record(tables, account, by, "member.role", member_id, before.role.word, role.word)
    return after


def remove_member(tables: Tables, account: AccountId, member_id: str, by: Actor) -> None:
    """Raises NotFound, and Rejected for the last owner. The directory's entry goes last: alone it opens nothing."""
    row = _row(tables, account, member_id)
    gone = row.read(Member)
    changes: list[RowChange] = [Delete(row.key, row.etag)]
    if gone.role is Role.OWNER:
        changes.append(_owners(tables, account, -1))
    _commit(tables, changes)
    entry = tables.get(keys.membership(member_id, account))
    if entry is not None:
        tables.commit([Delete(entry.key, entry.etag)])
    audit.record(tables, account, by, "member.removed", member_id, gone.role.word, "")


def _row(tables: Tables, account: AccountId, member_id: str) -> Row:
    row = tables.get(keys.member(account, member_id))
    if row is None:
        raise NotFound("There is no such member.")
    return row


def _owners(tables: Tables, account: AccountId, step: int) -> RowChange:
    """The count of owners after this change. Raises Rejected when nobody would be left."""
    row = tables.get(keys.owners(account))
    count = (row.read(Owners).count if row else 0) + step
    if count < 1:
        raise Rejected(
            "The last owner cannot leave or become less. Make somebody else an owner first.", "last_owner"
        )
    after = Owners(count=count)
    return Replace(row.key, after, row.etag) if row else Insert(keys.owners(account), after)


def _commit(tables: Tables, changes: list[RowChange]) -> None:
    try:
        tables.commit(changes)
    except Conflict as conflict:
        raise Rejected(
            "Another change of the members came first. Look at them again and repeat.", "conflict"
        ) from conflict
