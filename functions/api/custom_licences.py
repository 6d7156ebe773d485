"""Custom licences (K12): rows of a tenant whose quantity comes from a rule; mapped as any licence is, by `skuId`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal, Reader
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.billing import custom_licences as service
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind

router = APIRouter(prefix="/accounts/{account}/custom-licences", tags=["licences"])
type LicenceId = Annotated[str, Path(alias="customLicence", max_length=64)]
type Kind = Literal["sum", "licensed_users", "group_members", "mailboxes"]
type Mailbox = Literal["user", "shared", "room", "equipment"]
type Ids = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(max_length=50)]
type Domains = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=253)], ...], Field(max_length=50)
]
type Name = Annotated[str, Field(min_length=1, max_length=80)]


class GivenRule(Given):
    kind: Kind
    sku_ids: Ids = ()
    """Of `sum`: the licences whose seats it adds up; a single one is a copy. No custom licences."""
    domains: Domains = ()
    """Of `licensed_users`: those of their sign-in names; none named is all. A subdomain is another domain."""
    group_id: Annotated[str, Field(max_length=64)] = ""
    """Of `group_members`: the group's object id. Its users count, and those of groups within it."""
    mailboxes: Annotated[tuple[Mailbox, ...], Field(max_length=4)] = ()
    """Of `mailboxes`: the kinds that count, whether a mailbox has a licence or not."""
    without_guests: bool = False
    without_disabled: bool = False

    def rule(self) -> Rule:
        """Raises Rejected."""
        return service.rule_of(**{**self.model_dump(), "kind": RuleKind(self.kind)})


class NewCustomLicence(Given):
    model_config = Given.model_config | examples(
        {
            "name": "Managed users",
            "tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "rule": {"kind": "licensed_users", "domains": ["contoso.com"]},
        }
    )

    name: Name
    tenant_id: Annotated[str, Field(max_length=64)] = ""
    """"" is every tenant of the account."""
    rule: GivenRule


class CustomLicenceChange(Given):
    model_config = Given.model_config | examples({"name": "Managed users"})

    name: Name


class AskedCount(Given):
    model_config = Given.model_config | examples(
        {
            "tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "rule": {"kind": "sum", "skuIds": ["cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"]},
        }
    )

    tenant_id: Annotated[str, Field(min_length=1, max_length=64)]
    rule: GivenRule


class ShownRule(Shown):
    kind: Kind
    sku_ids: list[str]
    domains: list[str]
    group_id: str
    mailboxes: list[Mailbox]
    without_guests: bool
    without_disabled: bool


class ShownCustomLicence(Shown):
    id: str
    sku_id: str
    """What mappings and lists of licences name it by, where another licence has the id of its SKU."""
    name: str
    tenant_id: str
    """"": every tenant of the account."""
    rule: ShownRule


class ShownCount(Shown):
    purchased: int | None
    """What would be billed by purchased seats; of users and mailboxes, how many there are. Null: it is not known."""
    assigned: int | None
    not_countable: str
    """Why there is no number, as a sentence."""


def shown(licence: CustomLicence) -> ShownCustomLicence:
    rule = licence.rule
    return ShownCustomLicence(
        id=licence.id,
        sku_id=licence.sku_id,
        name=licence.name,
        tenant_id=licence.tenant_id,
        rule=ShownRule(
            kind=rule.kind.value,
            sku_ids=list(rule.sku_ids),
            domains=list(rule.domains),
            group_id=rule.group_id,
            mailboxes=[kind.value for kind in rule.mailboxes],
            without_guests=rule.without_guests,
            without_disabled=rule.without_disabled,
        ),
    )


@router.get("", operation_id="listCustomLicences", response_model=Page[ShownCustomLicence], responses=CSV)
def list_all(asking: Reader, paging: Pages) -> Page[ShownCustomLicence] | Response:
    """The account's own, then those of tenants, each by name."""
    found = service.custom_licences(asking.tables, asking.account)
    rows = ((f"{one.tenant_id}\n{one.name.casefold()}\n{one.id}", shown(one)) for one in found)
    return paging.answer_all(asking, "custom-licences", sorted(rows, key=lambda row: row[0]))


@router.post("", operation_id="defineCustomLicence", status_code=201)
def define(asked: NewCustomLicence, asking: Editor, response: Response) -> ShownCustomLicence:
    """The same once more answers with the same. Its rule is never changed: another rule is another custom licence."""
    known = service.custom_licences(asking.tables, asking.account)
    by = asking.actor.decider("custom licence defined")
    made = service.define(asking.tables, asking.account, asked.name, asked.tenant_id, asked.rule.rule(), by)
    if made not in known:
        _record(asking, "custom_licence.defined", made.id, None, made)
    response.headers["Location"] = f"/api/accounts/{asking.account}/custom-licences/{made.id}"
    return versioned(response, shown(made))


@router.post("/count", operation_id="countCustomLicence")
def count(asked: AskedCount, asking: Editor) -> ShownCount:
    """What a rule would count of a tenant by its newest complete read. Nothing is stored."""
    found = service.counted_now(
        asking.tables, asking.wired.blobs, asking.account, asked.tenant_id, asked.rule.rule()
    )
    counts = found.counts
    return ShownCount(
        purchased=counts.purchased if counts else None,
        assigned=counts.assigned if counts else None,
        not_countable=found.not_countable,
    )


@router.get("/{customLicence}", operation_id="getCustomLicence")
def get(licence_id: LicenceId, asking: Reader, response: Response) -> ShownCustomLicence:
    return versioned(response, shown(service.custom_licence(asking.tables, asking.account, licence_id)))


@router.patch("/{customLicence}", operation_id="renameCustomLicence")
def rename(
    licence_id: LicenceId, asked: CustomLicenceChange, asking: Editor, seen: Seen, response: Response
) -> ShownCustomLicence:
    """Its lines stay as they are."""
    seen.check(shown(service.custom_licence(asking.tables, asking.account, licence_id)))
    by = asking.actor.decider("custom licence renamed")
    before, after = service.rename(asking.tables, asking.account, licence_id, asked.name, by)
    if after != before:
        _record(asking, "custom_licence.renamed", licence_id, before, after)
    return versioned(response, shown(after))


@router.delete("/{customLicence}", operation_id="removeCustomLicence", status_code=204)
def remove(licence_id: LicenceId, asking: Editor) -> None:
    """Only when no line is billed by it: its mapping is ended first, on a day."""
    by = asking.actor.decider("custom licence removed")
    removed = service.remove(asking.tables, asking.account, licence_id, by)
    _record(asking, "custom_licence.removed", licence_id, removed, None)


def _record(
    asking: Principal, action: str, subject: str, before: CustomLicence | None, after: CustomLicence | None
) -> None:
    told = [shown(one).model_dump_json(by_alias=True) if one else "" for one in (before, after)]
    audit.record(asking.tables, asking.account, asking.actor, action, subject, *told)
