"""Keys of what was read of tenants: states, day rows, users, customer lists, names of products."""

from datetime import date

from shared.storage.keys.parts import AccountId, part
from shared.storage.tables import Key


def tenants(account: AccountId) -> str:
    """States and day rows in one partition, so that a read is accepted in one transaction."""
    return f"{account}|tenants"


TENANT_STATES = "head|"
"""How the rows of tenants' states begin."""


def tenant_state(account: AccountId, tenant: str) -> Key:
    return Key(tenants(account), f"{TENANT_STATES}{part(tenant)}")


def tenant_days(tenant: str) -> str:
    return f"day|{part(tenant)}|"


def tenant_day(account: AccountId, tenant: str, on: date) -> Key:
    return Key(tenants(account), f"{tenant_days(tenant)}{on.isoformat()}")


def tenant_gaps(tenant: str) -> str:
    return f"gap|{part(tenant)}|"


def tenant_gap(account: AccountId, tenant: str, until: date) -> Key:
    """Of the days without a read, up to the date of the one that ended them."""
    return Key(tenants(account), f"{tenant_gaps(tenant)}{until.isoformat()}")


def users_blobs(account: AccountId, tenant: str) -> str:
    """How the names of all blobs of a tenant's users begin."""
    return f"{account}/users/{part(tenant)}/"


def users_blob(account: AccountId, tenant: str, digest: str) -> str:
    return f"{users_blobs(account, tenant)}{part(digest)}.json.gz"


def readings_blob(account: AccountId) -> str:
    return f"{account}/readings.json.gz"


def partner_lists(account: AccountId) -> str:
    """The newest complete customer list of each partner connection."""
    return f"{account}|partners"


def partner_list_blob(account: AccountId, connection: str) -> str:
    return f"{account}/partners/{part(connection)}.json.gz"


def partner_list(account: AccountId, connection: str) -> Key:
    return Key(partner_lists(account), f"list|{part(connection)}")


def product_names_blob() -> str:
    return "public/product-names.json.gz"


def health_blob() -> str:
    """Written whenever the doctor looks, so that the storage's clock can be read."""
    return "public/health.txt"


def product_names() -> Key:
    return Key("directory|names", "-")
