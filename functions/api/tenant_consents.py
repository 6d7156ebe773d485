"""Consent of one customer's own administrator, where the partner cannot consent for it (K4)."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field

from functions.api.models import Given, Shown, examples
from functions.api.partner_connections import PARTNER_SIGN_INS
from functions.api.principal import Admin
from shared.accounts import audit

router = APIRouter(prefix="/accounts/{account}/tenants/{tenant}/consent", tags=["tenants"])
type TenantId = Annotated[str, Path(alias="tenant", max_length=64)]


class TenantConsentGiven(Given):
    model_config = Given.model_config | examples({"partnerConnection": "main"})

    partner_connection: Annotated[str, Field(max_length=64)] = ""
    """Whose app is let in; "" takes the first that lists the tenant."""


class TenantConsentAddress(Shown):
    address: str
    """An administrator of the tenant opens it, and is led back to a page of Seatwise."""
    ends_at: datetime


class TenantConsentProven(Shown):
    read_by: Literal["refresh_token", "app_only"]
    """The partner's sign-in with GDAP, or the partner's app itself."""


@router.post("", operation_id="askForTenantConsent")
def ask(tenant: TenantId, asked: TenantConsentGiven, asking: Admin) -> TenantConsentAddress:
    """An address for an administrator of the tenant. It is good once, for this tenant and app, and for 7 days."""
    asking.spend(PARTNER_SIGN_INS)
    address, ends_at = asking.wired.tenant_consents.ask(
        asking.account, asking.member.id, tenant, asked.partner_connection, asking.now
    )
    audit.record(asking.tables, asking.account, asking.actor, "tenant.consent_asked", tenant.lower())
    return TenantConsentAddress(address=address, ends_at=ends_at)


@router.post("/test", operation_id="testTenantConsent")
def test(tenant: TenantId, asked: TenantConsentGiven, asking: Admin) -> TenantConsentProven:
    """Read the tenant once, whole; nothing of it is kept but the way that worked. Else who must do what."""
    asking.spend(PARTNER_SIGN_INS)
    consents = asking.wired.tenant_consents
    way = consents.prove(asking.account, tenant, asked.partner_connection, asking.now)
    audit.record(asking.tables, asking.account, asking.actor, "tenant.consented", tenant.lower(), "", way)
    return TenantConsentProven(read_by=way.value)
