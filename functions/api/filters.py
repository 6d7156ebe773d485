"""Filters of companies (K11): whose users they would give to a company, before they are set."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal
from shared.accounts.companies import added_tenants
from shared.accounts.company import AddedTenant, Company, Filters
from shared.errors import NotFound
from shared.licensing import product_names
from shared.licensing.filter_preview import FilterPreview, filter_preview
from shared.text import one_line

router = APIRouter(prefix="/accounts/{account}/tenants/{tenant}/filters", tags=["companies"])
type FilterTexts = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=50)
]
type TenantId = Annotated[str, Path(alias="tenant", max_length=64)]


class GivenFilters(Given):
    """A user fits each field that is named by any of its texts: trimmed, upper and lower case alike."""

    office: FilterTexts = ()
    department: FilterTexts = ()
    state: FilterTexts = ()
    city: FilterTexts = ()

    def filters(self) -> Filters:
        return Filters.model_validate(self.model_dump())


class ShownFilters(Shown):
    office: list[str]
    department: list[str]
    state: list[str]
    city: list[str]


class AskedFilters(Given):
    model_config = Given.model_config | examples({"filters": {"office": ["Zürich", "Bern"]}})

    filters: GivenFilters
    company_id: Annotated[str, Field(max_length=64)] = ""
    """The company whose filters they would be; "" is one that is not added yet."""


class ShownFitting(Shown):
    sku_id: str
    name: str
    users: int


class ShownText(Shown):
    text: str
    """"" is blank."""
    users: int


class ShownTexts(Shown):
    """What the users have in each field, the most frequent first."""

    office: list[ShownText]
    department: list[ShownText]
    state: list[ShownText]
    city: list[ShownText]


class ShownFilterPreview(Shown):
    users: int
    """Licensed users of the tenant, as of its newest complete read."""
    fit: int
    in_several: int
    """So many of those who fit are another company's too: no line of their licences would be written."""
    in_none: int
    """So many of all users would be nobody's, and not billed."""
    licences: list[ShownFitting]
    texts: ShownTexts


def shown(found: FilterPreview, names: product_names.Names) -> ShownFilterPreview:
    licences = [
        ShownFitting(sku_id=sku_id, name=names(sku_id, ""), users=users)
        for sku_id, users in found.by_sku.items()
    ]
    return ShownFilterPreview(
        users=found.users,
        fit=found.fit,
        in_several=found.in_several,
        in_none=found.in_none,
        licences=sorted(licences, key=lambda licence: (licence.name.casefold(), licence.sku_id)),
        texts=ShownTexts.model_validate(
            {
                field: [ShownText(text=text, users=users) for text, users in texts]
                for field, texts in found.texts.items()
            }
        ),
    )


def _wanted(tenant: AddedTenant, asked: AskedFilters) -> Company:
    """The company as it would be. Raises NotFound for one that the tenant has not."""
    filters = asked.filters.filters()
    if not asked.company_id:
        like = tenant.companies[0]
        return like.model_copy(update={"id": "", "beside": True, "filters": filters})
    for company in tenant.companies:
        if company.id == asked.company_id:
            return company.model_copy(update={"filters": filters})
    raise NotFound(f"This tenant has no company '{one_line(asked.company_id, 60)}'.")


def _tenant(asking: Principal, tenant_id: str) -> AddedTenant:
    found = added_tenants(asking.tables, asking.account).get(tenant_id.lower())
    if found is None:
        raise NotFound(f"There is no added tenant '{one_line(tenant_id, 60)}'.")
    return found


@router.post("/preview", operation_id="previewFilters")
def preview(tenant_id: TenantId, asked: AskedFilters, asking: Editor) -> ShownFilterPreview:
    """How many users would be the company's, nobody's or several companies'. Nothing is stored."""
    tenant = _tenant(asking, tenant_id)
    blobs = asking.wired.blobs
    found = filter_preview(asking.tables, blobs, asking.account, tenant, _wanted(tenant, asked))
    return shown(found, product_names.load(blobs))
