"""What a rule is, and what it says: findings, and what it could judge."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Protocol, TypedDict, Unpack

from pydantic import Field

from shared.accounts.account import OptionalRead
from shared.alerts.models import ExclusionScope, Finding
from shared.alerts.rules.phrases import name
from shared.alerts.view import AccountView
from shared.licensing.tenant_state import Snapshot, TenantState
from shared.storage.documents import Document

ACCOUNT = "account"
"""Scope of what needs nothing but our own store."""
PARTNER_LISTS = "partner lists"
"""Scope of what needs the complete list of every partner connection."""


def tenant_scope(tenant_id: str) -> str:
    return f"tenant|{tenant_id}"


def psa_scope(connection: str) -> str:
    return f"psa|{connection}"


def partner_scope(connection: str) -> str:
    return f"partner|{connection}"


def believed(tenant_id: str, snapshot: Snapshot) -> frozenset[str]:
    """The tenant's scope, unless its numbers are hard to believe: these may open alerts, and close none."""
    return frozenset() if snapshot.counts_are_doubted else frozenset({tenant_scope(tenant_id)})


def is_gone(view: AccountView, scope: str) -> bool:
    """The tenant or connection was removed from the account: nothing of it is an exception any more."""
    kind, _, name = scope.partition("|")
    match kind:
        case "tenant" | "mailboxes":
            return name not in view.companies
        case "psa":
            return name not in view.psas
        case "partner":
            return all(partner.connection.id != name for partner in view.partners)
    return False


class More(TypedDict, total=False):
    """What only some rows have."""

    tenant_id: str
    company: str
    skus: tuple[str, ...]
    value: str
    seats: int
    money: Decimal
    until: date
    urgent: bool


def row(slug: str, key: str, scope: str, who: str, what: str, fix: str, **more: Unpack[More]) -> Finding:
    """One finding; `key` is its identity. The name is cut to a line, the sentences are the rule's own."""
    return Finding(slug=slug, identity=key, scope=scope, who=name(who), what=what, fix=fix, **more)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a type is called, how its rows are counted, what to do about them."""

    title: str
    one: str
    """A single row in a sentence: "1 held push"."""
    many: str
    to_do: str
    """One sentence over the section; the row says what to do about itself."""
    who: str = "Customer"
    """What the first cell of its rows names."""

    def count(self, rows: int) -> str:
        return f"{rows:,} {self.one if rows == 1 else self.many}"


@dataclass(frozen=True, slots=True)
class LinkWording:
    """The page behind the link under a row. `{customer}` and `{product}`, its licences, are put in."""

    question: str
    effect: str
    """One sentence: what nobody is mailed about any more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule says today. An open alert closes when it is not found and its scope was judged."""

    findings: tuple[Finding, ...] = ()
    scopes: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    """Identities that are proven to be no exception, whatever could be read."""

    def __add__(self, other: "Judgement") -> "Judgement":
        """Both, where one rule looks at two things."""
        findings, scopes = self.findings + other.findings, self.scopes | other.scopes
        return Judgement(findings, scopes, self.settled | other.settled)


NOT_JUDGED = Judgement()


class Parameters(Document):
    """What an account may set about a rule: each field has a default, and a description that ends "X must be"."""


class WatchedSkus(Parameters):
    """Which SKUs that are mostly free a rule looks at all the same."""

    phone_resource_accounts: Annotated[bool, Field(description="true or false")] = False
    """Teams Phone resource accounts: some are given with each phone licence, further ones cost money."""


class Rule(Protocol):
    """One alert type. A rule has one of the two questions or both; it does no I/O and keeps nothing."""

    slug: str
    """What settings, links and stored alerts call the type: it never changes."""
    words: Wording
    reach: frozenset[ExclusionScope] = frozenset()
    """What people may exclude from it; nothing, where it is about our own writes."""
    link: LinkWording | None = None
    """Its rows carry a link that excludes the tenant's SKUs that they are about, or else the tenant; None: no link."""
    parameters: type[Parameters] = Parameters
    needs: frozenset[OptionalRead] = frozenset()
    """What must be read for it that is read for nothing else: nobody pays for it while the type is off."""

    def account(self, view: AccountView) -> Judgement:
        """Asked once, before the tenants."""
        return NOT_JUDGED

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        """Asked for each tenant that has a head, also when it could not be read or was removed."""
        return NOT_JUDGED
