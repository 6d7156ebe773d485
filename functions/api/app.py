"""The API's app: its resources, its manners, and one wrapper in which every error becomes a problem."""

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api import (
    accounts,
    alert_settings,
    alerts,
    audit,
    billing_profiles,
    certificate,
    companies,
    companies_in_bulk,
    company_removal,
    custom_licences,
    ending_lines,
    exclusions,
    filters,
    health,
    invitations,
    ledger,
    licences,
    line_decisions,
    logo,
    lost_agreements,
    mails,
    mappings,
    me,
    members,
    monthly_reports,
    partner_connections,
    plan,
    portal,
    preferences,
    privacy,
    psa_choices,
    psa_connections,
    removed_tenants,
    report_settings,
    reports,
    runs,
    setup_guide,
    summary,
    tenant_consents,
    tenants,
    ticket_settings,
    unclear_writes,
    why_this_number,
)
from functions.api.problems import Problem, Refused, answer, install
from functions.api.requests import check_body, check_query
from shared.wiring import Wiring

THREADS = 32
"""Handlers at work at once: as many as the app has for its queues, and as connections are kept for."""
RESOURCES = (
    me,
    accounts,
    members,
    invitations,
    audit,
    setup_guide,
    summary,
    partner_connections,
    tenants,
    tenant_consents,
    licences,
    why_this_number,
    custom_licences,
    companies_in_bulk,  # its "matches" is no company
    companies,
    company_removal,
    reports,
    report_settings,
    monthly_reports,
    removed_tenants,
    psa_connections,
    lost_agreements,
    psa_choices,
    billing_profiles,
    filters,
    mappings,
    plan,
    line_decisions,
    unclear_writes,
    ending_lines,
    runs,
    ledger,
    certificate,
    alerts,
    alert_settings,
    ticket_settings,
    exclusions,
    preferences,
    logo,
    mails,
    health,
    privacy,
    portal,
)
DESCRIPTION = """Everything that a person sees and decides in Seatwise.

Sign in with Microsoft and send the access token as `Authorization: Bearer ...`. Addresses name the account:
`/api/accounts/{account}/...`. Errors are problems (RFC 9457) with a sentence in `detail`. Lists come in pages
(`limit`, `cursor`), or whole as CSV with `Accept: text/csv`. What can be edited has an `ETag`; a change must send it as
`If-Match`."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status.value: {
        "model": Problem,
        "description": status.phrase,
        "content": {"application/problem+json": {}},
    }
    for status in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.PRECONDITION_REQUIRED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
}
"""Every route may answer with one of these problems."""


@lru_cache(maxsize=2)
def app_for(wired: Wiring) -> ASGIApp:
    """The app of this process's wiring."""
    return Edge(make_app(wired))


def make_app(wired: Wiring | None) -> FastAPI:
    """Without a wiring it is good for its OpenAPI document only."""
    app = FastAPI(
        title="Seatwise",
        version="1",
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
        dependencies=[Depends(check_query)],
        redirect_slashes=False,
    )
    app.state.wired = wired
    install(app)
    app.add_middleware(CheckedBodies)
    for resource in RESOURCES:
        app.include_router(resource.router, prefix="/api")
    if wired is not None and wired.settings.web_origin:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[wired.settings.web_origin],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Accept"],
            expose_headers=["ETag", "Location", "Retry-After", "Content-Disposition"],
            max_age=600,
        )
    return app


class CheckedBodies:
    """Bodies are checked before anything reads them; within CORS, so that our front end may read a refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await check_body(scope, receive)
        except Refused as refused:
            await answer(refused)(scope, receive, send)
            return
        await self._app(scope, body, send)


class Edge:
    """Around the app: HEAD is answered as GET without a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        head = scope["method"] == "HEAD"

        async def sent(message: Message) -> None:
            if head and message["type"] == "http.response.body":
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app({**scope, "method": "GET"} if head else scope, receive, sent)
