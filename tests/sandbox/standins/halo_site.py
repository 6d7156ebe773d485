"""A Halo instance for tests, and how to ask it: plain requests over real HTTP."""

from typing import Any

import requests

from sandbox.standins.worlds.halo import (
    HaloClient,
    HaloItem,
    HaloLine,
    HaloPsa,
    ProRata,
    RecurringInvoice,
)
from sandbox.standins.worlds.types import World

SITE = HaloPsa(
    key="quay",
    account="demo",
    host="quay.halopsa.com",
    tenant="quay",
    client_id="a1c5e2f0-7a52-4b7e-8d0d-3f0a52a5a001",
    client_secret="halo-secret",
    agent="Seatwise API",
    clients=(
        HaloClient(11, "Amble Joinery", "https://www.amble.example/"),
        HaloClient(12, "Brook & Co"),
        HaloClient(13, "Closed down", inactive=True),
    ),
    items=(
        HaloItem(44, "M365-BP", "Microsoft 365 Business Premium", 22.0, 18.0),
        HaloItem(45, "M365-E3", "Microsoft 365 E3", 36.5, 30.0),
        HaloItem(46, "OLD", "Old price list", 9.0, 7.0, inactive=True),
    ),
    invoices=(
        RecurringInvoice(
            900,
            11,
            "Amble Joinery monthly",
            (
                HaloLine(1, 44, 10, 22.0),
                HaloLine(2, 45, 3, 36.5),
                HaloLine(3, 45, 6, 30.0, counted=8),
                HaloLine(4, 44, 10, 22.0, pending=(ProRata(2),)),
            ),
        ),
        *(RecurringInvoice(901 + n, 12, f"Invoice {n}", (HaloLine(100 + n, 44, 5, 22.0),)) for n in range(6)),
    ),
)
WORLD = World(name="halo", partners=(), tenants=(), connectwise=(), halo=(SITE,))
API = f"https://{SITE.host}/api"


def token(session: requests.Session, **changed: str) -> requests.Response:
    """Ask for a token; `changed` replaces what is sent, `tenant` stands in the address."""
    form = {
        "grant_type": "client_credentials",
        "client_id": SITE.client_id,
        "client_secret": SITE.client_secret,
        "scope": "all",
        **changed,
    }
    tenant = form.pop("tenant", SITE.tenant)
    return session.post(f"https://{SITE.host}/auth/token?tenant={tenant}", data=form, timeout=30)


def halo(
    session: requests.Session,
    method: str,
    path: str,
    body: Any = None,
    *,
    raw: bytes | None = None,
    timeout: float = 30,
) -> requests.Response:
    signed = {"Authorization": f"Bearer {token(session).json()['access_token']}"}
    if raw is not None:
        signed["Content-Type"] = "application/json"
    return session.request(method, API + path, json=body, data=raw, headers=signed, timeout=timeout)


def document(session: requests.Session, invoice: int = 900) -> dict[str, Any]:
    told: dict[str, Any] = halo(session, "GET", f"/RecurringInvoice/{invoice}?includedetails=true").json()
    return told


def line(told: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = next(line for line in told["lines"] if line["id"] == number)
    return found


def post(session: requests.Session, told: dict[str, Any]) -> requests.Response:
    return halo(session, "POST", "/RecurringInvoice", [{"id": told["id"], "lines": told["lines"]}])
