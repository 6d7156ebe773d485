"""Mappings (K7, K8, K10): which line bills each licence of a tenant, or that it is not billed; saved as a whole."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from functions.api.ending_lines import ShownEndingLine, shown_ending
from functions.api.models import Given, Shown, examples
from functions.api.plan import ShownLine, shown_line
from functions.api.principal import Editor, Principal, Reader
from functions.api.psa_choices import ShownAgreement, shown_agreement
from functions.api.versions import Seen, versioned
from functions.queues.alerts import judge_again
from shared.accounts import audit
from shared.billing.line_names import line_name
from shared.billing.mapping import choices
from shared.billing.mapping.preview import Saving, preview_mappings
from shared.billing.mapping.release import Said
from shared.billing.mapping.request import MappingRequest, mappings_asked_for, psas_for
from shared.billing.mapping.save import map_tenant
from shared.billing.models import (
    Basis,
    FewerSeats,
    LicenceMapping,
    MoreSeats,
    Options,
    SoldByOthers,
    TenantMappings,
)

router = APIRouter(prefix="/accounts/{account}/tenants/{tenant}", tags=["mappings"])
MOST = 500
type TenantId = Annotated[str, Path(alias="tenant", max_length=64)]
type Id = Annotated[str, Field(max_length=100)]
type MoreSeatsWord = Literal["from_their_day", "from_period_start"]
type FewerSeatsWord = Literal["at_once", "next_period", "credited"]
type Seats = Annotated[int, Field(ge=0, le=1_000_000)]
_EXAMPLE = {
    "mappings": [
        {
            "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
            "profile": "9a1b2c3d4e5f",
            "connection": "connectwise-1a2b3c4d",
            "agreementId": "310",
            "lineId": "9021",
            "options": {"basis": "purchased", "included": 2, "minimum": 5},
        },
        {"skuId": "f30db892-07e9-47e9-837c-80727f46fd3d", "bill": False},
    ]
}


class GivenOptions(Given):
    """billed = max(0, max(minimum, max(0, basis - included)) + difference)."""

    basis: Literal["purchased", "assigned"] = "purchased"
    sold_by_others: Literal["counted", "left_out"] | None = None
    """What becomes of seats that none of your partners sold; null: nobody was asked."""
    included: Seats = 0
    minimum: Seats = 0
    difference: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    """Seats taken over from a hand edit in the PSA, more or less than the rest gives."""
    starts: date | None = None
    """Effective date of a line that is created; null: the day it is created."""
    invoice_text: Annotated[str, Field(max_length=500)] = ""
    """Own description on the customer's invoice, on one line; "" begins with the name of the billing profile."""
    names_on_invoice: bool = False
    """The text on the invoice names the users who have the licence."""
    spare_on_invoice: bool = False
    """The text on the invoice says how many purchased seats nobody has."""
    terms_on_invoice: bool = False
    """The text on the invoice says when the commitment renews or ends, and until when it can be cancelled."""
    replaces_text: Annotated[str, Field(max_length=20)] = ""
    """`textDigest` of a preview: the text that the line has now is given up. Another one in the PSA stays as it is."""
    more_seats: MoreSeatsWord = "from_their_day"
    """From when more seats count within a period; from_period_start only where the PSA goes by the day (Autotask)."""
    fewer_seats: FewerSeatsWord = "at_once"
    """From when fewer seats count within a period that is billed; credited pays back the rest of it."""
    beside_existing: bool = False
    """Create the line although the agreement has an unowned one of the same product."""


class GivenMapping(Given):
    sku_id: Annotated[str, Field(min_length=1, max_length=64)]
    company_id: Id = ""
    """Whose users it bills, of a tenant with several companies; "" is the one that was added first."""
    subscription_id: Annotated[str, Field(max_length=64)] = ""
    """One subscription of the SKU; "" is the SKU as a whole."""
    bill: bool = True
    """False: "do not bill"; the fields below are then left out."""
    profile: Id = ""
    connection: Id = ""
    agreement_id: Id = ""
    line_id: Id = ""
    """The line to adopt; "" asks to create one."""
    options: GivenOptions = GivenOptions()


class GivenMappings(Given):
    model_config = Given.model_config | examples(_EXAMPLE)

    mappings: Annotated[list[GivenMapping], Field(max_length=MOST)]
    """Every licence of the tenant that is mapped or not billed; what is not named is neither."""
    looked_after: Annotated[tuple[Id, ...], Field(max_length=MOST)] = ()
    """Lines that are left although they still bill: you look after them yourself from now on. Each by its id, or as
    connection/id where lines of several connections have it."""
    last_days: Annotated[dict[Id, date], Field(max_length=MOST, default_factory=dict)]
    """By line, named in the same way: the last day that a line which is left is billed on. Seatwise ends it
    in the PSA. A new line of the same licence starts on the day after, or later."""
    keeps_differences: bool = False
    """Seats that were taken over from a hand edit of one line are right for the other line that the mapping gets."""
    reason: Annotated[str, Field(max_length=300)] = ""

    def said(self) -> Said:
        looked_after = tuple(map(line_name, self.looked_after))
        last_days = {line_name(name): day for name, day in self.last_days.items()}
        return Said(looked_after, last_days, keeps_differences=self.keeps_differences)


class ShownOptions(Shown):
    basis: Literal["purchased", "assigned"]
    sold_by_others: Literal["counted", "left_out"] | None
    included: int
    minimum: int
    difference: int
    starts: date | None
    invoice_text: str
    names_on_invoice: bool
    spare_on_invoice: bool
    terms_on_invoice: bool
    replaces_text: str
    more_seats: MoreSeatsWord
    fewer_seats: FewerSeatsWord
    beside_existing: bool


class ShownMapping(Shown):
    id: str
    sku_id: str
    subscription_id: str
    company_id: str
    """"": the company that was added first."""
    bill: bool
    profile: str
    connection: str
    agreement_id: str
    line_id: str
    options: ShownOptions


class ShownMappings(Shown):
    tenant_id: str
    mappings: list[ShownMapping]


class ShownPreview(Shown):
    mode: Literal["preview", "live"]
    """preview: nothing is written to the PSA before the account is switched live."""
    lines: list[ShownLine]
    left: list[str]
    """Lines that no mapping would have any more, named as in `lastDays`; those that are not in `ending` stay in the
    PSA as they are."""
    ending: list[ShownEndingLine]


class AgreementsToChoose(Shown):
    psa_connection: str
    psa_company: str
    read_at: datetime | None
    """When the PSA's list was read; null: never, so refresh the connection."""
    agreements: list[ShownAgreement]
    longest_text: int
    """Characters that a text on the customer's invoice may have in this PSA; what does not fit is left out whole."""


def _shown(found: TenantMappings) -> ShownMappings:
    return ShownMappings(
        tenant_id=found.tenant_id, mappings=[shown_mapping(mapping) for mapping in found.mappings]
    )


def shown_mapping(mapping: LicenceMapping) -> ShownMapping:
    told = mapping.model_dump(exclude={"company"})
    return ShownMapping.model_validate({**told, "company_id": mapping.company})


def _asked(asking: Principal, tenant_id: str, asked: GivenMappings) -> TenantMappings:
    requests = [
        MappingRequest(
            **mapping.model_dump(exclude={"options", "company_id"}),
            company=mapping.company_id,
            options=_options(mapping.options),
        )
        for mapping in asked.mappings
    ]
    return mappings_asked_for(asking.tables, asking.account, tenant_id, requests)


def _options(given: GivenOptions) -> Options:
    return Options(
        basis=Basis(given.basis),
        sold_by_others=SoldByOthers(given.sold_by_others) if given.sold_by_others else None,
        included=given.included,
        minimum=given.minimum,
        difference=given.difference,
        starts=given.starts,
        invoice_text=given.invoice_text,
        names_on_invoice=given.names_on_invoice,
        spare_on_invoice=given.spare_on_invoice,
        terms_on_invoice=given.terms_on_invoice,
        replaces_text=given.replaces_text,
        more_seats=MoreSeats(given.more_seats),
        fewer_seats=FewerSeats(given.fewer_seats),
        beside_existing=given.beside_existing,
    )


@router.get("/mappings", operation_id="getMappings")
def get(tenant_id: TenantId, asking: Reader, response: Response) -> ShownMappings:
    return versioned(response, _shown(choices.mappings_of(asking.tables, asking.account, tenant_id)))


@router.put("/mappings", operation_id="saveMappings")
def save(
    tenant_id: TenantId, asked: GivenMappings, asking: Editor, seen: Seen, response: Response
) -> ShownMappings:
    """Put all mappings of the tenant in force. Nothing is written to the PSA here: the next sync does it."""
    before = _shown(choices.mappings_of(asking.tables, asking.account, tenant_id))
    seen.check(before)
    wanted = _asked(asking, tenant_id, asked)
    psas = psas_for(asking.tables, asking.account, wanted, asking.wired.psa)
    by = asking.actor.decider(asked.reason or "mappings saved")
    map_tenant(asking.tables, psas, asking.account, wanted, by, asked.said())
    after = _shown(wanted)
    told = [mappings.model_dump_json(by_alias=True) for mappings in (before, after)]
    audit.record(asking.tables, asking.account, asking.actor, "mappings.saved", wanted.tenant_id, *told)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    return versioned(response, after)


@router.post("/mappings/preview", operation_id="previewMappings")
def preview(tenant_id: TenantId, asked: GivenMappings, asking: Editor) -> ShownPreview:
    """What saving these mappings would do to each line, by the code of the push. Nothing is stored or written.

    What a save would refuse is refused here with the same sentence.
    """
    wanted = _asked(asking, tenant_id, asked)
    psas = psas_for(asking.tables, asking.account, wanted, asking.wired.psa)
    by = asking.actor.decider("preview")
    saving = Saving(wanted, by, asked.said())
    found = preview_mappings(asking.tables, asking.wired.blobs, psas, asking.account, saving)
    return ShownPreview(
        mode=found.mode.value,
        lines=[shown_line(line) for line in found.lines],
        left=list(found.left),
        ending=[shown_ending(line) for line in found.ending],
    )


@router.get("/agreements", operation_id="listAgreementsOfTenant")
def agreements(
    tenant_id: TenantId,
    asking: Reader,
    company_id: Annotated[
        str, Query(alias="companyId", max_length=64, description="Of several; else the first that was added")
    ] = "",
) -> AgreementsToChoose:
    """Of the PSA company that the tenant is linked to, the active ones first."""
    found = choices.agreements_for(asking.tables, asking.wired.blobs, asking.account, tenant_id, company_id)
    return AgreementsToChoose(
        psa_connection=found.company.psa_connection,
        psa_company=found.company.psa_company,
        read_at=found.read_at,
        agreements=[shown_agreement(agreement) for agreement in found.agreements],
        longest_text=found.longest_text,
    )
