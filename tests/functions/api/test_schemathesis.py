"""Every operation of the document, fed by Schemathesis as each role: no bug, and no answer it does not describe."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as of_openapi

from shared.storage.memory import MemoryBlobs
from shared.text import one_line
from tests.functions.api.conftest import MSP
from tests.functions.api.known_things import known_things
from tests.functions.api.made_up_requests import APP, MICROSOFT, OPERATIONS, Case, call, draw_case
from tests.shared.alerts.world import CountingTables

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
"""For each operation, as an owner, and a tenth of it as each other role; `make schemathesis` asks more."""
BUGS = set(range(500, 600)) - {502, 503}
"""These two say that Microsoft or a PSA, which nobody reaches in this test, refused or did not answer."""
MODES = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
CHECKS = [
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
]


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        suppress_health_check=list(HealthCheck),
        phases=(
            Phase.reuse,
            Phase.generate,
        ),  # a failure prints its request: a shorter one is not worth minutes
    )


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@examples(EXAMPLES)
@given(data=st.data(), mode=MODES)
def test_no_answer_is_a_fault_or_a_surprise(name: str, data: st.DataObject, mode: GenerationMode) -> None:
    check(name, "owner", data, mode)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.parametrize("role", ["reader", "editor", "admin"])
@examples(max(2, EXAMPLES // 10))
@given(data=st.data(), mode=MODES)
def test_nor_is_one_to_a_lower_role(role: str, name: str, data: st.DataObject, mode: GenerationMode) -> None:
    """Whoever may is answered by the same handler as an owner, and whoever may not before it."""
    check(name, role, data, mode)


def check(name: str, role: str, data: st.DataObject, mode: GenerationMode) -> None:
    APP.state.wired = known_things().copy(MICROSOFT, CountingTables(), MemoryBlobs())
    case = draw_case(data, name, MSP, mode)
    answer = call(case, role)
    assert answer.status_code not in BUGS, answer.text
    if answer.status_code >= 400:
        detail = answer.json()["detail"]
        assert detail == one_line(detail, 600)
        assert detail.endswith((".", "!", "?", "…"))
    checks = [*CHECKS, of_openapi.negative_data_rejection] if has_wrong_body(case) else CHECKS
    case.validate_response(answer, checks=checks)


def has_wrong_body(case: Case) -> bool:
    """What is wrong elsewhere may be lost on the way: an empty parameter, or the token that we put right."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode.is_negative


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
    assert {part.strip("{}") for part in named} - {"account"} == known_things().ids.keys()
