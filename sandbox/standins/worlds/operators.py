"""The people who sign in to Seatwise in the sandbox: one of each role, and some who may do less than they think."""

from dataclasses import dataclass

from sandbox.standins.worlds.people import guid

APP_CLIENT_ID = guid("app", "seatwise")
"""The app registration that people sign in to: tokens for it open the API."""
HARBOUR, TIDEWATER, QUAY = guid("partner", "harbour"), guid("partner", "tidewater"), guid("partner", "quay")
LANTERN = guid("partner", "lantern")
"""Entra tenants of MSPs; Quay Computing and Lantern have no account yet, and may open one."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with a Microsoft account. `account` and `role` are what Seatwise knows them as, "" for nothing."""

    key: str
    name: str
    email: str
    tenant_id: str
    what: str
    """Who it is, on the page where one is chosen."""
    account: str = ""
    role: str = ""

    @property
    def object_id(self) -> str:
        return guid("operator", self.key)


OPERATORS = (
    Operator(
        "owner", "Olivia Owen", "olivia@harbourit.example", HARBOUR, "owner at Harbour IT", "demo", "owner"
    ),
    Operator(
        "admin", "Adam Admiral", "adam@harbourit.example", HARBOUR, "admin at Harbour IT", "demo", "admin"
    ),
    Operator(
        "editor", "Edda Winter", "edda@harbourit.example", HARBOUR, "editor at Harbour IT", "demo", "editor"
    ),
    Operator(
        "reader", "Rita Reed", "rita@harbourit.example", HARBOUR, "reader at Harbour IT", "demo", "reader"
    ),
    Operator(
        "other", "Tom Tidewater", "tom@tidewater.example", TIDEWATER, "owner at Tidewater", "preview", "owner"
    ),
    Operator("new", "Nora Quay", "nora@quay.example", QUAY, "of an MSP that has no account yet"),
    Operator("later", "Lars Lantern", "lars@lantern.example", LANTERN, "of another MSP without an account"),
    Operator("nobody", "Ned Nobody", "ned@elsewhere.example", guid("tenant of nobody"), "of no MSP at all"),
    Operator(
        "customer",
        "Cara Alder",
        "cara@alderash.onmicrosoft.com",
        guid("tenant", "demo", "alderash.onmicrosoft.com"),
        "a user at the customer Alder & Ash Architects",
    ),
)
MAY_OPEN = (HARBOUR, TIDEWATER, QUAY, LANTERN)
"""Entra tenants that may open an account."""
