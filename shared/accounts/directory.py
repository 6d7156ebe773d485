"""The directory of all accounts, and loading and saving one of them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shared.accounts.account import Account
from shared.errors import AccountGone
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Put, Replace, Tables


class AccountChange(NamedTuple):
    """What the account was, and what it is now."""

    before: Account
    after: Account


class DirectoryEntry(Document):
    """A row of the directory: the id is its key, nothing else is kept there."""


def account_ids(tables: Tables) -> Iterator[AccountId]:
    for row in tables.rows(keys.directory_of_accounts()):
        yield keys.account_id(row.key.row)


def is_listed(tables: Tables, account_id: AccountId) -> bool:
    return tables.get(keys.directory_entry(account_id)) is not None


def load_account(tables: Tables, account_id: AccountId) -> Account:
    """Raises AccountGone for an account that is not there."""
    row = tables.get(keys.setting(account_id, "account"))
    if row is None:
        raise AccountGone(f"there is no account '{account_id}'")
    return row.read(Account)


def save_account(tables: Tables, account: Account) -> None:
    """The account first, then its entry in the directory: what is listed can be read."""
    tables.commit([Put(keys.setting(account.id, "account"), account)])
    list_account(tables, account.id)


def list_account(tables: Tables, account_id: AccountId) -> None:
    """Only what is listed is synced. It changes nothing of an account that is listed already."""
    tables.commit([Put(keys.directory_entry(account_id), DirectoryEntry())])


def update_account(
    tables: Tables, account_id: AccountId, change: Callable[[Account], Account]
) -> AccountChange:
    """Apply a change to the newest version of the account, again when somebody else was faster.

    `change` may raise to refuse, for example when the version is not the one that a person looked at. Raises NotFound.
    """
    key = keys.setting(account_id, "account")
    while True:
        row = tables.get(key)
        if row is None:
            raise AccountGone(f"there is no account '{account_id}'")
        before = row.read(Account)
        after = change(before)
        if after == before:
            return AccountChange(before, before)
        try:
            tables.commit([Replace(key, after, row.etag)])
        except Conflict:
            continue
        return AccountChange(before, after)


def rename_account(tables: Tables, account: Account, name: str) -> Account:
    return update_account(tables, account.id, lambda stored: stored.model_copy(update={"name": name})).after
