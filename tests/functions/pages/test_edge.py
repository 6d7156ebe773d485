"""The HTTP edge of pages takes its own forms, and nothing larger or else."""

from http import HTTPStatus
from urllib.parse import urlencode

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pages.edge import LARGEST_FORM, MOST_FIELDS, Refused, form

FORM = "application/x-www-form-urlencoded"


def posted(body: bytes, kind: str = FORM) -> func.HttpRequest:
    return func.HttpRequest("POST", "https://app.example/api/x", headers={"Content-Type": kind}, body=body)


@given(
    st.dictionaries(
        st.text(max_size=10), st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5
    )
)
def test_a_form_is_read_as_it_was_sent(fields: dict[str, str]) -> None:
    sent = {name: text for name, text in fields.items() if name.isprintable()}
    assert form(posted(urlencode(sent).encode())) == sent


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", FORM.upper()])
def test_a_form_may_name_its_charset(kind: str) -> None:
    assert form(posted(b"how=always&reason=", kind)) == {"how": "always", "reason": ""}


def test_of_a_doubled_field_the_first_counts() -> None:
    assert form(posted(b"how=always&how=until")) == {"how": "always"}


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_what_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        form(posted(b"how=always", kind))
    assert refused.value.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def test_a_body_above_the_cap_is_refused_and_one_at_it_is_not() -> None:
    with pytest.raises(Refused) as refused:
        form(posted(b"reason=" + b"x" * (LARGEST_FORM - 6)))
    assert refused.value.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert form(posted(b"reason=" + b"x" * (LARGEST_FORM - 7)))


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join(b"a=1" for _ in range(MOST_FIELDS + 1))])
def test_bytes_that_are_no_text_and_fields_without_end_are_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        form(posted(body))
    assert refused.value.status == HTTPStatus.BAD_REQUEST


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read = form(posted(body))
    except Refused as raised:
        read, status = {}, raised.status
    else:
        status = HTTPStatus.OK
    assert status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}
    assert len(read) <= MOST_FIELDS
