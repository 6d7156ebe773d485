"""Every refusal is a problem (RFC 9457): a sentence a person understands, a code for programs, the field's name."""

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.errors import NotFound, Rejected, RetryLater, TooOften
from shared.microsoft.models import NotRead
from shared.storage.tables import Conflict
from shared.text import one_line

_log = logging.getLogger("seatwise.api")

MEDIA_TYPE = "application/problem+json"
CODES = {
    "conflict": HTTPStatus.CONFLICT,
    "already_open": HTTPStatus.CONFLICT,
    "already_accepted": HTTPStatus.CONFLICT,
    "last_owner": HTTPStatus.CONFLICT,
    "lines_still_bill": HTTPStatus.CONFLICT,
    "in_use": HTTPStatus.CONFLICT,
    "resting_lines": HTTPStatus.CONFLICT,
    "used_by_tickets": HTTPStatus.CONFLICT,
    "not_held": HTTPStatus.CONFLICT,
    "nothing_to_settle": HTTPStatus.CONFLICT,
    "plan_changed": HTTPStatus.CONFLICT,
    "loss_changed": HTTPStatus.CONFLICT,
    "no_drift": HTTPStatus.CONFLICT,
    "other_numbers": HTTPStatus.CONFLICT,
    "not_fresh": HTTPStatus.CONFLICT,
    "not_countable": HTTPStatus.CONFLICT,
    "not_added": HTTPStatus.CONFLICT,
    "not_newest": HTTPStatus.CONFLICT,
    "changed_since": HTTPStatus.CONFLICT,
    "not_allowed": HTTPStatus.FORBIDDEN,
}
"""Kinds of refusal that are not a wrong input (422)."""


class Problem(BaseModel):
    """What went wrong, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """A sentence for a person."""
    code: str
    """The kind of problem, for programs."""
    field: str = ""
    """The input that must change, "" when it is none."""
    current: Any = None
    """What is stored now, where somebody else changed it meanwhile."""


class Refused(Exception):
    """Raised by a handler or a dependency: answered as it says."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        field: str = "",
        *,
        current: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.field = status, code, detail, field
        self.current, self.headers = current, dict(headers or {})


def answer(refused: Refused) -> JSONResponse:
    problem = Problem(
        title=refused.status.phrase,
        status=refused.status,
        detail=_sentence(refused.detail),
        code=refused.code,
        field=refused.field,
        current=jsonable_encoder(refused.current, by_alias=True),
    )
    body = problem.model_dump(exclude_none=True)
    headers = {"Cache-Control": "no-store", **refused.headers}
    return JSONResponse(body, refused.status, headers=headers, media_type=MEDIA_TYPE)


def _sentence(text: str) -> str:
    """One line that begins and ends as a sentence, whatever it quotes of what somebody sent."""
    line = one_line(text, 600)
    begun = line[0].upper() + line[1:] if re.match("[a-z]+ ", line) else line  # a field's name stays as it is
    return begun if begun.endswith((".", "!", "?", "…")) else f"{begun}."


def problem_of(error: Exception) -> Refused:
    """The problem that an error is; what nobody expected is a 500 that tells nothing else."""
    match error:
        case Refused():
            return error
        case RequestValidationError():
            return _wrong_input(error)
        case HTTPException():
            return _of_http(error)
    of_a_service = _of_a_service(error)
    if of_a_service is not None:
        return of_a_service
    _log.error("a request could not be answered", exc_info=error)
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Seatwise could not do this just now. Please try again in a few minutes; nothing was half saved.",
    )


def is_refusal(error: Exception) -> bool:
    """It was refused by a rule, in words: nothing was done. Anything else may have ended in the middle."""
    if isinstance(error, Refused | RequestValidationError | HTTPException):
        return True
    return not isinstance(error, Conflict) and _of_a_service(error) is not None


def _of_a_service(error: Exception) -> Refused | None:
    """What our own services raise, in their words."""
    match error:
        case NotFound():
            return Refused(HTTPStatus.NOT_FOUND, "not_found", str(error) or "There is no such thing.")
        case Rejected():
            status = CODES.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
            return Refused(status, error.code, error.reason, error.field)
        case Conflict():
            said = "Somebody else changed this at the same moment. Look at it again and repeat."
            return Refused(HTTPStatus.CONFLICT, "conflict", said)
        case PsaRefused():
            return Refused(HTTPStatus.BAD_GATEWAY, "psa_refused", error.sentence)
        case NotRead():
            return Refused(HTTPStatus.BAD_GATEWAY, "microsoft_refused", error.sentence)
    return _to_wait_for(error)


def _to_wait_for(error: Exception) -> Refused | None:
    """What can be asked again after a while, which the answer names."""
    match error:
        case TooOften():
            said = f"That was asked for a moment ago: {error.why}. Please wait."
            return Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_often", said, headers=_wait(error.after))
        case RetryLater():
            said = f"This cannot be done just now: {error.why}. Please try again in a moment."
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "retry_later", said, headers=_wait(error.after))
        case PsaUnavailable():
            after = _wait(error.after)
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "psa_unavailable", str(error), headers=after)
    return None


def _wait(after: timedelta) -> dict[str, str]:
    return {"Retry-After": f"{max(1, ceil(after.total_seconds()))}"}


def _wrong_input(error: RequestValidationError) -> Refused:
    """The first thing that is wrong, by name, without a word of what was sent."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    if first["type"] == "json_invalid":
        return Refused(HTTPStatus.BAD_REQUEST, "not_json", "The body is not JSON.")
    field = one_line(".".join(place), 100)
    said = one_line(str(first["msg"]).removeprefix("Value error, "), 300).rstrip(".")
    if first["type"] == "missing":
        said = "is missing"
    sentence = f"{field}: {said}." if field else f"The request is not as it must be: {said}."
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"invalid_{first['type']}"[:60], sentence, field)


def _of_http(error: HTTPException) -> Refused:
    status = HTTPStatus(error.status_code)
    sentences = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
    }
    return Refused(
        status,
        status.name.lower(),
        sentences.get(status, status.phrase),
        headers={name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"},
    )


def install(app: FastAPI) -> None:
    """Answer every error inside the app: what leaves it is a 500 without a body at the Functions host."""

    async def handle(_: Request, error: Exception) -> JSONResponse:
        return answer(problem_of(error))

    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    app.add_middleware(LastResort)


class LastResort:
    """Within Starlette's own last resort, which answers a bug and then raises it again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the edge: whoever asked gets a problem
            await answer(problem_of(error))(scope, receive, send)
