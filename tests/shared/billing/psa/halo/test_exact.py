"""Other people's numbers go back to Halo as they came."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.psa.halo.exact import read_exactly, write_exactly

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "number", ["22.0", "22.00", "0.10000000000000000555", "1E-7", "12345678901234567890.125", "-0.5", "7"]
)
def test_a_number_goes_back_digit_by_digit(number: str) -> None:
    assert write_exactly(read_exactly(f'{{"n":[{number}]}}'.encode())) == f'{{"n":[{number}]}}'.encode()


@given(PLAIN)
def test_everything_else_goes_back_as_it_came(value: object) -> None:
    assert read_exactly(write_exactly(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_decimal_is_json(number: Decimal) -> None:
    assert Decimal(str(json.loads(write_exactly(number), parse_float=Decimal))) == number


def test_half_a_character_of_somebodys_text_goes_back_as_it_came() -> None:
    """Else the PSA would note that it was changed."""
    assert write_exactly(read_exactly(rb'{"n":"caf\ud83d"}')) == rb'{"n":"caf\ud83d"}'


@pytest.mark.parametrize("body", [b"NaN", b'{"n": Infinity}', b"{", b"", b"[" * 100_000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (json's own, or ours)
        read_exactly(body)
