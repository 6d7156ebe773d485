"""What many tests share: one Azurite for the session, an empty storage account for each test."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from sandbox.azurite import Azurite

# The machine is shared: slowness of one example says nothing.
settings.register_profile("seatwise", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("seatwise")

ACCOUNTS = {f"account{number}": base64.b64encode(b"a key for tests").decode() for number in range(1000)}
_unused = iter(ACCOUNTS)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A real Azurite that keeps everything in memory, with many empty accounts."""
    with Azurite(None, ACCOUNTS) as running:
        yield running


@pytest.fixture
def storage_connection(azurite: Azurite) -> str:
    """The connection string of a storage account that nobody used before."""
    return azurite.connection_string_for(next(_unused))
