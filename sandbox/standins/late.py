"""Requests that a vendor took, never answered, and applies only some time later: kept in the state, so they last."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from sandbox.standins.protocol import Request, Vendor
from sandbox.standins.state import State

ARRIVED = "x-sandbox-arrived"
"""When a request came that is applied late: its sign-in was good then."""


def keep_for_later(state: State, request: Request, seconds: float) -> None:
    """Keep the request; it is due that many virtual seconds from now."""
    due = (state.now() + timedelta(seconds=seconds)).timestamp()
    headers = {**request.headers, ARRIVED: str(state.now().timestamp())}
    kept = {**asdict(request), "headers": headers, "body": base64.b64encode(request.body).decode()}
    number = max((int(late["number"]) for late in state.all("late")), default=0) + 1
    state.put("late", str(number), {"number": number, "due": due, "request": kept})


def apply_what_is_due(state: State, by_host: Mapping[str, Vendor]) -> None:
    """Apply what is due, oldest first. Nobody hears the answers."""
    now = state.now().timestamp()
    for late in [late for late in state.all("late") if late["due"] <= now]:
        kept = late["request"]
        request = Request(**{**kept, "body": base64.b64decode(kept["body"])})
        vendor = by_host[request.host]
        with state.in_one_go(), state.at(datetime.fromtimestamp(late["due"], UTC)):
            state.remove("late", str(late["number"]))
            vendor.answer(request, vendor.call(request))
