"""What a custom licence counts: its rule, as a person defined it."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, model_validator

from shared.licensing.licences import CUSTOM
from shared.microsoft.models import GROUP_ID, MailboxKind
from shared.storage.documents import Chosen, Document
from shared.text import MicrosoftId


class RuleKind(StrEnum):
    """Stored: a word that is here once stays."""

    SUM = "sum"
    """The seats of some licences together; of a single one it is a copy."""
    LICENSED_USERS = "licensed_users"
    """Users with any licence that costs money, of some domains or of all."""

    GROUP_MEMBERS = "group_members"
    """Users of a group, by itself or by groups within it; with or without licences."""

    MAILBOXES = "mailboxes"
    """Mailboxes of some kinds; with or without licences."""


def domain_of(text: str) -> str:
    """A domain, or that of a user's sign-in name, as domains are compared: upper and lower case alike, without the dot
    of the root.
    """
    return text.rpartition("@")[2].strip().removesuffix(".").casefold()


def _domain(text: str) -> str:
    found = domain_of(text)
    if not found or any(not label or label.split() != [label] for label in found.split(".")):
        raise ValueError("a domain looks like contoso.com")
    return found


type Domain = Annotated[str, AfterValidator(_domain)]


def _each_once[Word: str](texts: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(sorted(set(texts)))


class Rule(Document):
    """It is never changed: another rule is another custom licence, so that what a line counts is always one thing."""

    kind: RuleKind
    sku_ids: Annotated[tuple[MicrosoftId, ...], AfterValidator(_each_once)] = ()
    """Of SUM: whose seats count. No custom licences: there are no circles."""
    domains: Annotated[tuple[Domain, ...], AfterValidator(_each_once)] = ()
    """Of LICENSED_USERS: the domains of their sign-in names, none named is all. A subdomain is another domain."""
    group_id: Annotated[MicrosoftId, AfterValidator(str.strip)] = ""
    """Of GROUP_MEMBERS: the group's object id."""
    mailboxes: Annotated[tuple[MailboxKind, ...], AfterValidator(_each_once)] = ()
    """Of MAILBOXES: the kinds that count."""
    without_guests: bool = False
    """Of users: guests of the tenant do not count."""
    without_disabled: bool = False
    """Of users: accounts that cannot sign in do not count."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Rule":
        if bool(self.sku_ids) != (self.kind is RuleKind.SUM):
            raise ValueError("a sum names its licences, and no other rule does")
        if any(sku_id.startswith(CUSTOM) for sku_id in self.sku_ids):
            raise ValueError("a sum counts licences of Microsoft, not other custom licences")
        if self.domains and self.kind is not RuleKind.LICENSED_USERS:
            raise ValueError("only licensed users are counted by domain")
        if bool(self.group_id) != (self.kind is RuleKind.GROUP_MEMBERS):
            raise ValueError("members are those of one group, and no other rule has one")
        if self.group_id and not GROUP_ID.fullmatch(self.group_id):
            raise ValueError(
                "a group is named by its object id, such as 0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"
            )
        if bool(self.mailboxes) != (self.kind is RuleKind.MAILBOXES):
            raise ValueError("mailboxes are those of one kind or of several, and no other rule has kinds")
        if (self.without_guests or self.without_disabled) and self.kind not in _OF_ACCOUNTS:
            raise ValueError("seats and mailboxes are no guests and no accounts")
        return self

    @property
    def counts_people(self) -> bool:
        """Who the users of the tenant are must be known."""
        return self.kind in _OF_PEOPLE

    @property
    def counts_seats(self) -> bool:
        """Purchased and assigned seats differ; whatever else is counted is one number."""
        return self.kind is RuleKind.SUM


_OF_PEOPLE: Final = frozenset({RuleKind.LICENSED_USERS})
_OF_ACCOUNTS: Final = frozenset({RuleKind.LICENSED_USERS, RuleKind.GROUP_MEMBERS})


class CustomLicence(Chosen):
    """A name and a rule, for one tenant or for all of the account."""

    id: str
    name: str
    tenant_id: MicrosoftId = ""
    """"" is every tenant of the account."""
    rule: Rule

    @property
    def sku_id(self) -> str:
        """What stands for it where other licences have the id of their SKU."""
        return f"{CUSTOM}{self.id}"
