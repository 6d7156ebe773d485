"""A secret that is put in comes out nowhere: not in an answer, a row, a blob, a message or a log."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from shared.storage.memory import MemoryBlobs
from tests.functions.api.conftest import MSP
from tests.functions.api.known_things import known_things
from tests.functions.api.made_up_requests import APP, MICROSOFT, call, draw_case
from tests.shared.alerts.world import CountingTables

CANARY = "canary-51f0-of-a-secret"
DOCUMENT: Any = APP.openapi()


def referred(schema: Any) -> Any:
    there = schema.get("$ref", "")
    return DOCUMENT["components"]["schemas"][there.rpartition("/")[2]] if there else schema


def is_secret(field: Any) -> bool:
    found = referred(field)
    return found.get("format") == "password" or any(is_secret(part) for part in found.get("anyOf", ()))


def secret_fields(schema: Any) -> Iterator[str]:
    """The names of all fields below that are marked as secrets."""
    if isinstance(schema, dict):
        found = referred(schema)
        yield from (name for name, field in found.get("properties", {}).items() if is_secret(field))
        yield from (name for part in found.values() for name in secret_fields(part))
    elif isinstance(schema, list):
        yield from (name for part in schema for name in secret_fields(part))


TAKE_SECRETS = {
    operation["operationId"]: sorted(set(secret_fields(operation.get("requestBody", {}))))
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
    if list(secret_fields(operation.get("requestBody", {})))
}


def test_the_operations_that_take_a_secret_are_known() -> None:
    assert TAKE_SECRETS == {
        "connectPsa": ["secret"],
        "changePsaConnection": ["secret"],
        "connectPartner": ["clientSecret", "refreshToken"],
        "changePartnerConnection": ["clientSecret", "refreshToken"],
        "beginPartnerConsent": ["clientSecret"],
        "finishPartnerConsent": ["code"],
    }


def test_no_answer_has_a_field_for_a_secret() -> None:
    answers = [
        answer
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
    ]
    assert not [name for answer in answers for name in secret_fields(answer.get("content", {}))]


@pytest.mark.parametrize("name", TAKE_SECRETS)
@settings(
    max_examples=15,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)
@given(data=st.data(), mode=st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
def test_a_secret_comes_out_nowhere(
    caplog: pytest.LogCaptureFixture, name: str, data: st.DataObject, mode: GenerationMode
) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    tables, blobs = CountingTables(), MemoryBlobs()
    APP.state.wired = wired = known_things().copy(MICROSOFT, tables, blobs)
    case = draw_case(data, name, MSP, mode)
    if isinstance(case.body, dict):
        case.body |= dict.fromkeys(TAKE_SECRETS[name], CANARY)
    answer = call(case, "owner")
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    for partition, rows in tables._partitions.items():
        assert not [key for key, row in rows.items() if CANARY.encode() in row.body], partition
    assert not [kept for kept, (body, _) in blobs._blobs.items() if CANARY.encode() in body]
    assert not [message for message in wired.sent.messages if CANARY in message.body]
    assert CANARY not in caplog.text
