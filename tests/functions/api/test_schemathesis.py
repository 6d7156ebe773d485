"""Every operation of the document, fed by Schemathesis as each role: no 5xx, and no answer it does not describe."""

import os
from typing import Any
from zoneinfo import available_timezones

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as of_openapi

from functions.api.app import Edge, make_app
from tests.functions.api.busy_msp import IN_BODIES, KNOWN, a_busy_msp
from tests.functions.api.conftest import MSP, PEOPLE
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
"""For each operation and role; `make schemathesis` asks more."""
ROLES = ("reader", "editor", "admin", "owner")
CHECKS = [
    not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
]

schemathesis.openapi.format("timezone", st.sampled_from(sorted(available_timezones())))
schemathesis.openapi.format(
    "email", st.sampled_from(["eva@msp.example", "Clerk@MSP.example", "a+b@c.example"])
)
APP = make_app(None)
EDGE = Edge(APP)
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in schemathesis.openapi.from_dict(APP.openapi()).get_all_operations()
    if isinstance(found, Ok)
}


class Alone(MicrosoftKeys):
    """Microsoft's keys are there; nobody else can be reached."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if self.asks_for_keys(request):
            return super().send(request, *args, **more)
        raise requests.ConnectionError


MICROSOFT = Alone()
TOKENS = {role: MICROSOFT.token(**good_claims(person=PEOPLE[role])) for role in ROLES}


def name_known_things(case: schemathesis.Case[Any], data: st.DataObject) -> None:
    """Ask of the account that there is, mostly of things that are there, mostly in their newest version."""
    for name in case.path_parameters:
        if name == "account":
            case.path_parameters[name] = MSP
        elif data.draw(st.booleans()):
            case.path_parameters[name] = data.draw(st.sampled_from(KNOWN[name]))
    if "If-Match" in case.headers and data.draw(st.booleans()):
        case.headers["If-Match"] = "*"


def has_wrong_body(case: schemathesis.Case[Any]) -> bool:
    """What is wrong elsewhere may be lost on the way: an empty parameter, or the token that we put right."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode.is_negative


def say_known_words(body: dict[str, Any], data: st.DataObject) -> None:
    for name in IN_BODIES.keys() & body.keys():
        if data.draw(st.booleans()):
            body[name] = data.draw(st.sampled_from(IN_BODIES[name]))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.parametrize("role", ROLES)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_answer_is_a_fault_or_a_surprise(role: str, name: str, data: st.DataObject) -> None:
    APP.state.wired = a_busy_msp(MICROSOFT)
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = data.draw(OPERATIONS[name].as_strategy(generation_mode=mode))
    name_known_things(case, data)
    if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
        say_known_words(case.body, data)
    sent = {"Authorization": f"Bearer {TOKENS[role]}"}
    checks = [*CHECKS, of_openapi.negative_data_rejection] if has_wrong_body(case) else CHECKS
    case.call_and_validate(app=EDGE, base_url="http://testserver", headers=sent, checks=checks)


def test_each_operation_of_the_document_is_asked() -> None:
    written = [one["operationId"] for path in APP.openapi()["paths"].values() for one in path.values()]
    assert sorted(OPERATIONS) == sorted(written)


def test_each_thing_that_an_address_names_is_there_to_be_asked_for() -> None:
    named = {
        part
        for operation in OPERATIONS.values()
        for part in operation.path.split("/")
        if part.startswith("{")
    }
    assert {part.strip("{}") for part in named} - {"account"} == KNOWN.keys()
