"""The users of a tenant, made from its id and a number, so that a thousand tenants need no large file."""

import hashlib
from functools import lru_cache
from typing import Any

from sandbox.standins.state import Document
from sandbox.standins.worlds.skus import BY_ID, Plan

_GIVEN = (
    *(
        "Ada",
        "Ben",
        "Cleo",
        "Dan",
        "Edie",
        "Finn",
        "Gwen",
        "Hugo",
        "Iris",
        "Jack",
        "Kira",
        "Liam",
        "Mona",
        "Noah",
    ),
    *(
        "Olive",
        "Paul",
        "Quinn",
        "Rosa",
        "Sam",
        "Tess",
        "Umar",
        "Vera",
        "Will",
        "Xenia",
        "Yusuf",
        "Zoe",
        "Amir",
    ),
    *("Bella", "Carl", "Dora"),
)
_FAMILY = (
    *(
        "Abbott",
        "Barnes",
        "Carver",
        "Dalton",
        "Ellis",
        "Foster",
        "Grant",
        "Hayes",
        "Irwin",
        "Jensen",
        "Keller",
    ),
    *("Lowe", "Mercer", "Nolan", "Osborne", "Price", "Quigley", "Reyes", "Sutton", "Turner", "Underhill"),
    *("Vaughn", "Walsh", "Young", "Zhang", "Okafor", "Silva", "Moreau", "Novak", "Lindqvist"),
)
_DEPARTMENTS = (
    "Sales",
    "Finance",
    "Operations",
    "Service desk",
    "Marketing",
    "Human resources",
    "Production",
    "Legal",
)
_TITLES = ("Manager", "Assistant", "Analyst", "Director", "Coordinator", "Specialist")
_PLACES = (
    ("Portland HQ", "Oregon", "Portland"),
    ("Seattle", "Washington", "Seattle"),
    ("Austin", "Texas", "Austin"),
    ("Boise", "Idaho", "Boise"),
    ("Denver", "Colorado", "Denver"),
)
_LONG_ONE_IN = 41
"""One user in so many has attributes about as long as a directory takes them."""
_ASSIGNED_ON = "2026-01-15T08:30:00Z"


def number_of(*parts: object) -> int:
    """A stable large number made from words."""
    return int.from_bytes(hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest())


def guid(*parts: object) -> str:
    """A stable id made from words."""
    text = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def licences_by_user(tenant: Document) -> list[list[str]]:
    """For each user number, the ids of the assigned SKUs. Each SKU's count is exactly its `assigned`."""
    count = tenant["users"]
    by_user: list[list[str]] = [[] for _ in range(count)]
    for holding in tenant["holdings"]:
        for number in range(holding["first"], holding["first"] + holding["assigned"]):
            by_user[number % count].append(holding["sku_id"])
    return by_user


def licensed_users(tenant: Document) -> list[dict[str, Any]]:
    """Every user with at least one licence, with all the fields the stand-in knows."""
    people = licences_by_user(tenant)
    return [_user(tenant, number, skus) for number, skus in enumerate(people) if skus]


def all_users(tenant: Document) -> list[dict[str, Any]]:
    return [_user(tenant, number, skus) for number, skus in enumerate(licences_by_user(tenant))]


def user_of(tenant: Document, name: str) -> tuple[int, dict[str, Any]] | None:
    """The number and the fields of the user with this id or principal name; None: there is none."""
    wanted = name.lower()
    for number, skus in enumerate(licences_by_user(tenant)):
        if "@" in wanted or guid(tenant["id"], number) == wanted:
            user = _user(tenant, number, skus)
            if wanted in (user["id"], user["userPrincipalName"].lower()):
                return number, user
    return None


def _user(tenant: Document, number: int, skus: list[str]) -> dict[str, Any]:
    chance = number_of(tenant["id"], number)
    given = _GIVEN[chance % 30]
    family = _FAMILY[chance // 30 % 30]
    office, region, city = _PLACES[chance // 900 % 5]
    address = f"{given}.{family}{number}@{tenant['domain']}".lower()
    user: dict[str, Any] = {
        "id": guid(tenant["id"], number),
        "displayName": f"{given} {family}",
        "givenName": given,
        "surname": family,
        "userPrincipalName": address,
        "mail": address,
        "accountEnabled": chance // 4500 % 25 != 0,
        "userType": "Member",
        "department": _DEPARTMENTS[chance // 112500 % 8],
        "officeLocation": office,
        "state": region,
        "city": city,
        "country": "United States",
        "usageLocation": "US",
        "jobTitle": _TITLES[chance // 900000 % 6],
        "companyName": tenant["name"],
        "businessPhones": [f"+1 503 555 {chance % 10000:04d}"],
        "mobilePhone": None,
        "preferredLanguage": "en-US",
        "createdDateTime": "2024-03-01T09:00:00Z",
        "assignedLicenses": [_LICENCES[sku] for sku in skus],
        "assignedPlans": _plans(tuple(skus)),
        "licenseAssignmentStates": [_ASSIGNMENTS[sku] for sku in skus],
    }
    if chance % _LONG_ONE_IN == 0:
        user |= _long(user)
    user.update(tenant["user_overrides"].get(str(number), {}))
    return user


def _long(user: dict[str, Any]) -> dict[str, Any]:
    """Names of people and titles are at most 256 and 128 characters long, an office 128."""
    titles = (
        "Programme manager for regional workplace services and supplier relations, acting head of facilities"
    )
    name = (
        f"{user['displayName']} - Workplace services (external, Fieldgate Facility Management for the client)"
    )
    return {
        "displayName": f"{name}, {user['city']} and surroundings",
        "jobTitle": titles,
        "officeLocation": f"{user['officeLocation']}, building 4 (former warehouse), 3rd floor, open space east, row F",
        "mobilePhone": "+1 503 555 0100 ext. 20417 (please send a text message before you call in the evening)",
    }


_LICENCES = {sku_id: {"disabledPlans": [], "skuId": sku_id} for sku_id in BY_ID}
_ASSIGNMENTS: dict[str, dict[str, Any]] = {
    sku_id: {
        "skuId": sku_id,
        "disabledPlans": [],
        "assignedByGroup": None,
        "state": "Active",
        "error": None,
        "lastUpdatedDateTime": _ASSIGNED_ON,
    }
    for sku_id in BY_ID
}


def _shown(plan: Plan) -> dict[str, str]:
    return {
        "assignedDateTime": _ASSIGNED_ON,
        "capabilityStatus": "Enabled",
        "service": plan.service,
        "servicePlanId": plan.id,
    }


_SHOWN = {plan.id: _shown(plan) for sku in BY_ID.values() for plan in sku.plans}
_MAILBOXES = ("EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_STANDARD", "EXCHANGE_S_DESKLESS")
MAILBOX_PLANS = frozenset(plan.id for sku in BY_ID.values() for plan in sku.plans if plan.name in _MAILBOXES)


@lru_cache(4096)
def _plans(skus: tuple[str, ...]) -> list[dict[str, str]]:
    """Of a combination of SKUs; shared by all users who have it, so never changed."""
    ids = {plan.id: None for sku in skus for plan in BY_ID[sku].plans}
    return [_SHOWN[plan] for plan in ids]
