"""Keys of what is made for the MSP's customers: the logo, monthly reports, who sees the portal."""

from shared.storage.keys.parts import AccountId, part
from shared.storage.tables import Key


def logo_blob(account: AccountId) -> str:
    return f"{account}/logo.png"


def reports(account: AccountId) -> str:
    return f"{account}|reports"


REPORTS = "report|"
"""How the rows of reports begin."""


def reports_of(company: str) -> str:
    """How the rows of a company's reports begin."""
    return f"{REPORTS}{part(company)}|"


def report(account: AccountId, company: str, month: str) -> Key:
    """Of a month (YYYY-MM)."""
    return Key(reports(account), f"{reports_of(company)}{month}")


def report_blobs(account: AccountId) -> str:
    """How the names of all blobs of reports begin."""
    return f"{account}/reports/"


def report_blob(account: AccountId, company: str, month: str, ending: str) -> str:
    return f"{report_blobs(account)}{part(company)}/{month}.{ending}"


def directory_of_customers() -> str:
    """Ids only: whose Entra tenant may look into the portal of which companies."""
    return "directory|customers"


def customers_of(tenant: str, account: AccountId | None = None) -> str:
    """How the rows of a tenant begin, in one account or in all."""
    return f"{part(tenant)}|{account}|" if account else f"{part(tenant)}|"


def customer(tenant: str, account: AccountId, company: str) -> Key:
    return Key(directory_of_customers(), f"{customers_of(tenant, account)}{part(company)}")
