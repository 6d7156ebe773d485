"""People and an account for tests of who belongs to it."""

from datetime import UTC, datetime

from shared.accounts.account import Account
from shared.accounts.audit import Actor, Via
from shared.accounts.members import Member, Person, Role
from shared.accounts.preferences import DigestSettings
from shared.storage.keys import account_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACME, OTHER = account_id("acme"), account_id("other")
HOME = "11111111-aaaa-4bbb-8ccc-000000000001"
"""The Entra tenant of ACME's people."""
BY = Actor("Olivia", Via.API, NOW)


def person(name: str, tenant: str = HOME) -> Person:
    return Person(tenant_id=tenant, object_id=f"oid-{name}")


def a_member(name: str, role: Role = Role.READER, tenant: str = HOME) -> Member:
    return Member(
        person=person(name, tenant), role=role, name=name.title(), email=f"{name}@acme.example", since=NOW
    )


def an_account() -> Account:
    return Account(
        id=ACME,
        name="Acme <IT>",
        since=NOW,
        timezone="Europe/Zurich",
        digest=DigestSettings(recipients=("clerk@acme.example",)),
    )
