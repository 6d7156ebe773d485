"""The mappings that a person asks for, as they can be saved: checked, with the ids of what they map."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field, replace

from pydantic import ValidationError

from shared.accounts.companies import added_tenants
from shared.accounts.company import AddedTenant
from shared.billing.mapping.choices import mapping_id, mappings_of
from shared.billing.models import Basis, LicenceMapping, Options, PsaConnection, TenantMappings
from shared.billing.psa.base import Psa, PsaRefused, PsaUnavailable
from shared.billing.psa_connections import psa_connections
from shared.errors import Rejected
from shared.licensing.custom_licences.defined import defined
from shared.licensing.licences import LicenceKey
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class MappingRequest:
    """One licence: the line that is to bill it, or that it is not billed."""

    sku_id: str
    subscription_id: str = ""
    company: str = ""
    """Id of the company whose users it bills; "" is the tenant's first."""
    bill: bool = True
    profile: str = ""
    connection: str = ""
    agreement_id: str = ""
    line_id: str = ""
    options: Options = field(default_factory=Options)


def mappings_asked_for(
    tables: Tables, account: AccountId, tenant_id: str, requests: Sequence[MappingRequest]
) -> TenantMappings:
    """Raises NotFound for a tenant that is not added, and Rejected, which names the number of the wrong one."""
    now = mappings_of(tables, account, tenant_id)
    known = {mapping.id: mapping for mapping in now.mappings}
    tenant = added_tenants(tables, account).get(now.tenant_id)
    custom = defined(tables, account).of_tenant(now.tenant_id)
    for number, asked in enumerate(requests):
        _check_custom(tenant, asked, custom, number)
    mappings = [
        _mapping(f"mappings.{number}", now.tenant_id, _of_a_company(tenant, asked, number), known)
        for number, asked in enumerate(requests)
    ]
    try:
        return TenantMappings(tenant_id=now.tenant_id, mappings=tuple(mappings))
    except ValidationError as wrong:
        raise Rejected(_sentence(wrong), "invalid", "mappings") from None


def _check_custom(
    tenant: AddedTenant | None, asked: MappingRequest, custom: Collection[str], number: int
) -> None:
    """Raises Rejected for a custom licence that the tenant has not, or that would be billed to a part of its users."""
    licence = LicenceKey(asked.sku_id.lower(), asked.subscription_id)
    if not licence.is_custom or not asked.bill:
        return
    if licence.sku_id not in custom or licence.subscription_id:
        raise Rejected("The tenant has no such custom licence.", "unknown", f"mappings.{number}.skuId")
    if tenant is not None and tenant.is_filtered:
        raise Rejected(
            "The users of this tenant are shared out to companies by filters, and a custom licence counts all of them: "
            "it cannot be billed here.",
            "filtered_custom",
            f"mappings.{number}.skuId",
        )


def _of_a_company(tenant: AddedTenant | None, asked: MappingRequest, number: int) -> MappingRequest:
    """With the company as mappings name it. Raises Rejected for one that the tenant has not, or that cannot be billed
    so: purchased seats of a tenant that is shared out belong to nobody (K8).
    """
    if tenant is None:
        return asked
    company = next((c for c in tenant.companies if asked.company in (c.id, c.name_in_mappings)), None)
    if company is None:
        raise Rejected("The tenant has no such company.", "unknown", f"mappings.{number}.companyId")
    if tenant.is_filtered and asked.bill and asked.options.basis is Basis.PURCHASED:
        raise Rejected(
            f"The users of this tenant are shared out to companies by filters, and {company.name} cannot be billed "
            "purchased seats: choose the assigned ones, of the licence as a whole.",
            "filtered_purchased",
            f"mappings.{number}.options.basis",
        )
    if tenant.is_filtered and asked.bill and asked.options.spare_on_invoice:
        raise Rejected(
            f"Spare seats of a tenant that is shared out by filters belong to no company, so {company.name}'s invoice "
            "cannot tell them.",
            "filtered_spare",
            f"mappings.{number}.options.spareOnInvoice",
        )
    return replace(asked, company=company.name_in_mappings)


def _mapping(
    field_name: str, tenant_id: str, asked: MappingRequest, known: dict[str, LicenceMapping]
) -> LicenceMapping:
    if not asked.bill and (asked.profile or asked.connection or asked.agreement_id or asked.line_id):
        raise Rejected(
            "A licence that is not billed has no profile, connection, agreement or line.",
            "invalid",
            field_name,
        )
    id_ = mapping_id(tenant_id, asked.sku_id, asked.subscription_id, known, asked.company)
    try:
        return LicenceMapping.model_validate({**asdict(asked), "options": asked.options, "id": id_})
    except ValidationError as wrong:
        raise Rejected(_sentence(wrong), "invalid", field_name) from None


def _sentence(wrong: ValidationError) -> str:
    said = str(wrong.errors(include_input=False, include_url=False)[0]["msg"]).removeprefix("Value error, ")
    return f"{said[:1].upper()}{said[1:]}."


def psas_for(
    tables: Tables,
    account: AccountId,
    wanted: TenantMappings,
    sign_in: Callable[[AccountId, PsaConnection], Psa],
) -> dict[str, Psa]:
    """Every connection that can be signed in to. One that cannot is missing only where a mapping names it.

    Raises PsaRefused or PsaUnavailable for a named one.
    """
    named, found = {mapping.connection for mapping in wanted.mappings if mapping.bill}, {}
    for connection in psa_connections(tables, account):
        try:
            found[connection.id] = sign_in(account, connection)
        except (PsaRefused, PsaUnavailable):
            if connection.id in named:
                raise
    return found
