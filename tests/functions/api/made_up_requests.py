"""Requests that Schemathesis makes up from the OpenAPI document, sent to the app in this process."""

from typing import Any
from zoneinfo import available_timezones

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from functions.api.app import Edge, make_app
from shared.storage.keys import AccountId
from tests.functions.api.conftest import PEOPLE
from tests.functions.api.known_things import known_things
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims

type Case = schemathesis.Case[Any]

schemathesis.openapi.format("timezone", st.sampled_from(sorted(available_timezones())))
schemathesis.openapi.format(
    "email", st.sampled_from(["eva@msp.example", "Clerk@MSP.example", "a+b@c.example"])
)
APP = make_app(None)
"""Its `state.wired` is the test's."""
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
TOKENS = {word: MICROSOFT.token(**good_claims(person=person)) for word, person in PEOPLE.items()}


def draw_case(data: st.DataObject, name: str, account: AccountId, mode: GenerationMode) -> Case:
    """A request to an operation, mostly about things that MSP has, mostly in their newest version."""
    known = known_things()
    case: Case = data.draw(OPERATIONS[name].as_strategy(generation_mode=mode))
    for part in case.path_parameters:
        if part == "account":
            case.path_parameters[part] = account
        elif data.draw(st.booleans()):
            case.path_parameters[part] = data.draw(st.sampled_from(known.ids[part]))
    if "If-Match" in case.headers and data.draw(st.booleans()):
        case.headers["If-Match"] = "*"
    if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
        for field in sorted(known.texts.keys() & case.body.keys()):
            if data.draw(st.booleans()):
                case.body[field] = data.draw(st.sampled_from(known.texts[field]))
    return case


def call(case: Case, word: str) -> schemathesis.Response:
    """Send it as one of PEOPLE."""
    return case.call(
        app=EDGE,
        base_url="http://testserver",
        headers={"Authorization": f"Bearer {TOKENS[word]}"},
        timeout=300,  # of a machine that does much else, and no fault of an answer
    )
