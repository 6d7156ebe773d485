"""What every request must be: of a size, of JSON, not too deep, and without parameters that nobody knows."""

import json
import re
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope

from functions.api.problems import Refused, answer
from shared.text import one_line

LARGEST_BODY = 704 * 1024
"""Bytes: the largest logo as base64, with a little around it. A thousand companies at once take a quarter."""
DEEPEST = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(rb"[\[\]{}]")


def bad_address(url: str) -> JSONResponse | None:
    """The refusal of an address that the Functions library could not hand to the app; None for a good one."""
    try:
        parts = urlsplit(url)
        _ = (unquote(parts.path, errors="strict"), parts.port)
    except ValueError:
        told = "The address is not one: a part of it is no text in UTF-8."
        return answer(Refused(HTTPStatus.BAD_REQUEST, "bad_address", told))
    return None


async def check_body(scope: Scope, receive: Receive) -> Receive:
    """The body, whole and checked, as the app receives it. Raises Refused."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        raise Refused(HTTPStatus.LENGTH_REQUIRED, "length_required", "Send the body with a Content-Length.")
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit():
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_length", "Content-Length is not a number.")
    if int(announced) > LARGEST_BODY:
        raise _too_large()
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise _too_large()
    if body:
        _check_json(headers.get(b"content-type", b""), body)
    whole: Message = {"type": "http.request", "body": body, "more_body": False}

    async def received() -> Message:
        return whole

    return received


def _check_json(content_type: bytes, body: bytes) -> None:
    if content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "Send the body as application/json, in UTF-8."
        )
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "not_json", "The body is not JSON in UTF-8.") from None
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Refused(HTTPStatus.BAD_REQUEST, "too_deep", f"The body has more than {DEEPEST} levels.")
    with suppress(ValueError):  # what is no JSON is refused where it is read
        json.loads(text, object_pairs_hook=_check_names)


def _check_names(pairs: list[tuple[str, object]]) -> None:
    """Of two values for one name nobody could say which was meant. Raises Refused."""
    names = Counter(name for name, _ in pairs)
    for name, times in names.items():
        if times > 1:
            shown = one_line(name, 60)
            raise Refused(
                HTTPStatus.BAD_REQUEST, "named_twice", f"The body has '{shown}' {times} times.", shown
            )


def _too_large() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"The body is larger than {LARGEST_BODY // 1024} KB. Send less at once.",
    )


def check_query(request: Request) -> None:
    """A parameter that nobody reads is most often a slip, which would look like an answer. Raises Refused."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = {field.alias for field in get_flat_params(route.dependant) if _is_query(field)}
    for name in request.query_params:
        if name not in known:
            there = f"There are: {', '.join(sorted(known))}." if known else "There are none here."
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "unknown_parameter",
                f"'{one_line(name, 60)}' is not a parameter of this address. {there}",
                one_line(name, 60),
            )
        if len(request.query_params.getlist(name)) > 1:
            told = f"The parameter '{name}' is given more than once."
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "named_twice", told, name)


def _is_query(field: object) -> bool:
    info = getattr(field, "field_info", None)
    return getattr(getattr(info, "in_", None), "value", "") == "query"
