"""K12: custom licences are defined, renamed and removed by a person, and counted before they are."""

from dataclasses import dataclass
from itertools import count
from typing import Final

from pydantic import ValidationError

from shared.accounts.companies import added_tenants
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.tenant_licences import tenant_state
from shared.errors import NotFound, Rejected
from shared.licensing.custom_licences.defined import CUSTOM_LICENCE, with_people
from shared.licensing.custom_licences.rules import CustomLicence, Rule
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.microsoft.partner_connections import home_tenants
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider, decide, get, in_force
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import counted, one_line

MOST: Final = 50
"""Of a tenant, and as many of the account."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a custom licence counts by the newest complete read."""

    counts: Licence | None
    not_countable: str = ""
    """Why there is no number, as a sentence."""


def rule_of(**asked: object) -> Rule:
    """Raises Rejected with what is wrong with it."""
    try:
        return Rule.model_validate(asked)
    except ValidationError as wrong:
        error = wrong.errors(include_input=False, include_url=False)[0]
        said = str(error["msg"]).removeprefix("Value error, ")
        raise Rejected(f"{said[:1].upper()}{said[1:]}.", "invalid", "rule") from None


def custom_licences(tables: Tables, account: AccountId) -> list[CustomLicence]:
    """By name; the account's own before those of tenants."""
    found = [licence for _, licence in in_force(tables, account, CUSTOM_LICENCE, CustomLicence)]
    return sorted(found, key=lambda licence: (licence.tenant_id, licence.name.casefold(), licence.id))


def custom_licence(tables: Tables, account: AccountId, licence_id: str) -> CustomLicence:
    """Raises NotFound."""
    found = get(tables, account, CUSTOM_LICENCE, licence_id, CustomLicence)
    if found is None:
        raise NotFound(f"There is no custom licence '{one_line(licence_id, 60)}'.")
    return found


def define(
    tables: Tables, account: AccountId, name: str, tenant_id: str, rule: Rule, by: Decider
) -> CustomLicence:
    """The same once more is the same custom licence, not another one. `tenant_id` "" is for all of the account.

    Raises Rejected, NotFound for a tenant that is not added, and Conflict.
    """
    tenant, known = tenant_id.lower(), custom_licences(tables, account)
    if tenant and tenant not in added_tenants(tables, account):
        raise NotFound(f"There is no added tenant '{one_line(tenant_id, 60)}'.")
    if rule.group_id and not tenant:
        raise Rejected("A group is of one customer: define it there.", "invalid", "tenantId")
    wished = CustomLicence(id="new", name=_checked(name), tenant_id=tenant, rule=rule)
    wished = wished.model_copy(update={"id": _id_of(wished, known)})
    if wished in known:
        return wished
    _check_name(wished, known)
    if sum(licence.tenant_id == tenant for licence in known) >= MOST:
        raise Rejected(f"There are {MOST} custom licences already, which is the most.", "too_many")
    decide(tables, account, CUSTOM_LICENCE, wished.id, wished, by)
    return wished


def rename(
    tables: Tables, account: AccountId, licence_id: str, name: str, by: Decider
) -> tuple[CustomLicence, CustomLicence]:
    """Before and after. Raises NotFound, Rejected, Conflict."""
    before = custom_licence(tables, account, licence_id)
    after = before.model_copy(update={"name": _checked(name)})
    _check_name(after, custom_licences(tables, account))
    if after != before:
        decide(tables, account, CUSTOM_LICENCE, licence_id, after, by)
    return before, after


def remove(tables: Tables, account: AccountId, licence_id: str, by: Decider) -> CustomLicence:
    """Raises NotFound, and Rejected while a line is billed by it: its mapping ends first, on a day."""
    licence = custom_licence(tables, account, licence_id)
    lines = sum(
        mapping.bill and mapping.sku_id == licence.sku_id
        for tenant in mappings_in_force(tables, account)
        for mapping in tenant.mappings
    )
    if lines:
        raise Rejected(
            f"{counted(lines, 'line')} billed by this custom licence. End its mapping first, and say the last day.",
            "in_use",
        )
    decide(tables, account, CUSTOM_LICENCE, licence_id, None, by)
    return licence


def counted_now(tables: Tables, blobs: Blobs, account: AccountId, tenant_id: str, rule: Rule) -> Counted:
    """What a rule would count of a tenant. Raises NotFound, and Rejected before the tenant's first read."""
    state = tenant_state(tables, account, tenant_id.lower())
    if state.snapshot is None:
        raise Rejected("This tenant has not been read yet: synchronise it first.", "never_read", "tenantId")
    licence = CustomLicence(id="new", name="this custom licence", rule=rule)
    custom = with_people(blobs, account, state.tenant_id, {licence.sku_id: licence}, state.snapshot)
    rows = LicenceRows(state.snapshot, home_tenants(tables, account), custom)
    try:
        return Counted(rows.find(LicenceKey(licence.sku_id)))
    except NotCountable as unclear:
        return Counted(None, str(unclear))


def _checked(name: str) -> str:
    found = one_line(name, 80)
    if not found:
        raise Rejected("The custom licence needs a name.", "required", "name")
    return found


def _check_name(licence: CustomLicence, known: list[CustomLicence]) -> None:
    """A person who maps it sees the tenant's beside the account's: each has a name of its own."""
    for other in known:
        together = not other.tenant_id or not licence.tenant_id or other.tenant_id == licence.tenant_id
        if together and other.id != licence.id and other.name.casefold() == licence.name.casefold():
            raise Rejected(
                f"There is a custom licence of the name {other.name} already. Choose another name.",
                "taken",
                "name",
            )


def _id_of(licence: CustomLicence, known: list[CustomLicence]) -> str:
    """The same wish has the same id, so that a repeat makes nothing twice; what was renamed since keeps its own."""
    text = f"{licence.tenant_id}|{licence.name}|{licence.rule.model_dump_json(exclude_defaults=True)}"
    by_id = {other.id: other for other in known}
    ids = (keys.hashed(f"{text}|{turn}")[:12] for turn in count())
    return next(id_ for id_ in ids if by_id.get(id_) in (None, licence.model_copy(update={"id": id_})))
