"""Reading and changing an account's settings and companies."""

from collections.abc import Collection, Iterator
from datetime import datetime

from shared.accounts.models import Account, Company
from shared.storage import keys
from shared.storage.decisions import decide, history, in_force, standing
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables

COMPANY = "company"


class Known(Document):
    """A row of the directory: the id is its key, nothing else is kept there."""


def account_ids(tables: Tables) -> Iterator[AccountId]:
    for row in tables.rows(keys.directory_of_accounts()):
        yield keys.account_id(row.key.row)


def account(tables: Tables, account_id: AccountId) -> Account:
    """Raises LookupError for an account that is not there."""
    row = tables.get(keys.setting(account_id, "account"))
    if row is None:
        raise LookupError(f"there is no account '{account_id}'")
    return row.read(Account)


def save_account(tables: Tables, account: Account) -> None:
    """The account first, then its entry in the directory: what is listed can be read."""
    tables.commit([Put(keys.setting(account.id, "account"), account)])
    tables.commit([Put(keys.directory_entry(account.id), Known())])


def companies(tables: Tables, account_id: AccountId) -> dict[str, Company]:
    """The added companies by tenant id."""
    return {c.tenant_id: c for _, c in in_force(tables, account_id, COMPANY, Company)}


def former_names(tables: Tables, account_id: AccountId, tenants: Collection[str]) -> dict[str, str]:
    """What the removed companies of these tenants were called, by tenant id. It reads histories: ask about few."""
    ended = (
        [one.id for one in standing(tables, account_id, COMPANY) if one.content is None] if tenants else []
    )
    versions = (one.read(Company) for name in ended for one in history(tables, account_id, COMPANY, name))
    return {
        company.tenant_id: company.name for company in versions if company and company.tenant_id in tenants
    }


def add_company(tables: Tables, account_id: AccountId, company: Company, who: str, now: datetime) -> None:
    decide(tables, account_id, COMPANY, company.id, company, who=who, reason="company added", now=now)
