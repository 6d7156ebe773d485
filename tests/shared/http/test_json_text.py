"""Texts of other people's JSON that can be kept."""

import json
from io import BytesIO

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from shared.http.client import json_of
from shared.http.json_text import well_formed, whole_text

ANY = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from('\\u"d8😀'))


def answered(body: bytes) -> requests.Response:
    answer = requests.Response()
    answer.raw, answer.url = BytesIO(body), "https://psa.example/"
    return answer


@pytest.mark.parametrize(
    "told, kept",
    [
        (rb"Contoso \ud83d", "Contoso \ufffd"),
        (rb"\uDE00 Contoso", "\ufffd Contoso"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\uD83D\uDE00", "😀"),
        (rb"C:\\ud83d", "C:\\ud83d"),
        (rb"C:\\\ud83d", "C:\\\ufffd"),
        (b"\xed\xa0\xbd", "\ufffd"),
        ("한국".encode(), "한국"),
        (rb"a\u0000\"b\"", 'a\0"b"'),
    ],
)
def test_half_a_character_costs_neither_its_list_nor_the_rest_of_its_text(told: bytes, kept: str) -> None:
    assert json_of(answered(b'\xef\xbb\xbf[{"name": "' + told + b'"}, 2]')) == [{"name": kept}, 2]


@given(ANY)
def test_any_text_of_any_json_can_be_kept(text: str) -> None:
    [kept] = json.loads(well_formed(json.dumps([text]).encode()))
    kept.encode()
    assert kept == whole_text(text)
    assert whole_text(kept) == kept
