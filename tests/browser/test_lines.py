"""What a person says of a line: freeze, unfreeze, undo of its newest change; each proven where it counts."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

ON_ITS_WAY = 60_000
"""Milliseconds that a push and what follows it may take on a busy machine."""


@pytest.fixture
def change(living: Living) -> Iterator[dict[str, Any]]:
    """A change that the night wrote, as the ledger has it. It is in force again afterwards."""
    found = next(
        entry
        for entry in Api(living, "reader").ask("GET", "ledger?event=confirmed").json()["items"]
        if entry["before"] is not None and entry["tenantId"] != living.tenant_id("Cobalt")
    )
    print(found)
    yield found


def test_undo(living: Living, browser: Browser, change: dict[str, Any]) -> None:
    print(Api(living, "reader").ask("GET", "ledger").json())
    print(Api(living, "reader").ask("GET", "plan/lines").json())
    print(Api(living, "reader").ask("GET", "decidable-lines").json())
    assert 0
