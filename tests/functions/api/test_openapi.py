"""The OpenAPI document: it is written by the code, and each route says who may call it."""

from pathlib import Path

from fastapi.routing import APIRoute
from starlette.routing import Route

from functions.api.app import RESOURCES, make_app
from functions.api.document import document
from functions.api.principal import policy_of

ROOT = Path(__file__).resolve().parents[3]
ROUTES = [route for part in RESOURCES for route in part.router.routes if isinstance(route, APIRoute)]
PUBLIC = {"/api/openapi.json"}
SIGNED_IN = {"/me", "/accounts", "/invitations/accept"}


def test_the_document_in_the_docs_is_the_codes_own() -> None:
    """When it is not: `make openapi`."""
    assert (ROOT / "docs/openapi.json").read_text() == document()


def test_each_route_declares_who_may_call_it() -> None:
    assert ROUTES
    for route in ROUTES:
        policy = policy_of(route.dependant)
        if route.path in SIGNED_IN:
            assert policy == "signed in", route.path
        elif route.path.startswith("/portal/"):
            assert policy == "customer", route.path
        else:
            assert policy in {"reader", "editor", "admin", "owner"}, f"{route.path} has no declared role"
            assert route.path.startswith("/accounts/{account}"), route.path


def test_nothing_but_the_document_is_public() -> None:
    others = {route.path for route in make_app(None).routes if isinstance(route, Route)}
    assert others == PUBLIC


def test_each_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    operations = [
        operation for path in make_app(None).openapi()["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(operations) == len(ROUTES)
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)
