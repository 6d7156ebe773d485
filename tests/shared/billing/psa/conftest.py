"""Each test of a PSA has a pace of its own: none waits a minute for another's calls."""

import pytest

from shared.billing.psa.pace import pace_of


@pytest.fixture(autouse=True)
def own_pace() -> None:
    pace_of.cache_clear()
