"""Opening an account: the first person of an Entra tenant that may, becomes its owner."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime

from shared.accounts import audit
from shared.accounts.account import Account
from shared.accounts.audit import Actor
from shared.accounts.directory import list_account, load_account, save_account
from shared.accounts.members import Member, Person, Role, add_member
from shared.accounts.preferences import DigestSettings
from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Tables
from shared.text import one_line


class Opened(Document):
    """Which account was opened from an Entra tenant, and by whom."""

    account: str
    person: Person


def may_open(tables: Tables, person: Person, allowed: Collection[str]) -> bool:
    """Nobody of the person's tenant opened one yet, or this person did and was cut off in the middle."""
    if person.tenant_id not in allowed:
        return False
    row = tables.get(keys.opened_by(person.tenant_id))
    if row is None:
        return True
    opened = row.read(Opened)
    return opened.person == person and not _exists(tables, keys.account_id(opened.account))


def open_account(
    tables: Tables, owner: Member, name: str, timezone: str, address: str, allowed: Collection[str]
) -> Account:
    """Open the account of the owner's tenant, in preview mode. The same call again gives the same account.

    Raises Rejected when the tenant may not open one, or has one already.
    """
    person, shown = owner.person, one_line(name, 80)
    if person.tenant_id not in allowed:
        raise Rejected(
            "Your organisation may not open an account here. Ask whoever runs this Seatwise to allow it, or an owner "
            "to invite you.",
            "not_allowed",
        )
    if not shown:
        raise Rejected("The account needs a name.", "required", "name")
    if tables.get(keys.deletion(_id_of(shown, person.tenant_id))) is not None:
        raise Rejected(
            "The account of this name is being deleted. Please try again in half an hour.", "being_deleted"
        )
    account = Account(
        id=_id_of(shown, person.tenant_id),
        name=shown,
        since=owner.since,
        timezone=timezone,
        digest=DigestSettings(recipients=(address,)),
    )
    claimed = _claim(tables, Opened(account=account.id, person=person))
    if claimed.person != person:
        raise Rejected(
            "Your organisation has an account already. Ask one of its owners to invite you.", "already_open"
        )
    account = account.model_copy(update={"id": keys.account_id(claimed.account)})
    if not _exists(tables, account.id):
        audit.record(tables, account.id, _actor(owner, owner.since), "account.opened", account.id)
        save_account(tables, account)
    list_account(tables, account.id)  # the first time may have been cut off before this
    add_member(tables, account.id, owner.model_copy(update={"role": Role.OWNER}))
    return load_account(tables, account.id)


def _claim(tables: Tables, opened: Opened) -> Opened:
    """One account for a tenant: the first one counts, whoever else clicks at the same moment."""
    key = keys.opened_by(opened.person.tenant_id)
    try:
        tables.commit([Insert(key, opened)])
    except Conflict:
        row = tables.get(key)
        return row.read(Opened) if row else opened
    return opened


def _exists(tables: Tables, account: AccountId) -> bool:
    try:
        load_account(tables, account)
    except NotFound:
        return False
    return True


def _id_of(name: str, tenant_id: str) -> AccountId:
    """Readable, and never another tenant's: a part of the name, and of the tenant id's hash."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
    return keys.account_id(f"{words or 'msp'}-{keys.hashed(tenant_id)[:8]}")


def _actor(owner: Member, now: datetime) -> Actor:
    return Actor(owner.email or owner.id, audit.Via.API, now)
