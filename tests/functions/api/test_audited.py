"""Whatever a person changes by the API is in the audit log: who, what, and from where."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from shared.accounts import audit
from shared.accounts.audit import Via
from shared.storage import keys
from shared.storage.memory import MemoryBlobs
from tests.functions.api.conftest import MSP, id_of
from tests.functions.api.known_things import known_things
from tests.functions.api.made_up_requests import APP, MICROSOFT, OPERATIONS, call, draw_case
from tests.functions.memory_wiring import NOW
from tests.shared.alerts.world import CountingTables

LOOKS = {"testPsaConnection", "refreshPsaConnection"}
"""They change what Seatwise knows of a PSA, and nothing that a person decides."""
CHANGING = sorted(
    name for name, found in OPERATIONS.items() if found.method.upper() != "GET" and name not in LOOKS
)


def stored(tables: CountingTables) -> dict[Any, str]:
    """Every row of the account but the log itself, and but how often something was done lately."""
    return {
        row.key: row.etag
        for partition, rows in tables._partitions.items()
        if partition.startswith(f"{MSP}|") and partition != keys.audit(MSP)
        for row in rows.values()
        if not row.key.row.startswith(keys.settings_of_kind("rate"))
    }


@pytest.mark.parametrize("name", CHANGING)
@settings(max_examples=12, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate))
@given(data=st.data())
def test_what_changes_something_is_in_the_audit_log(name: str, data: st.DataObject) -> None:
    tables = CountingTables()
    APP.state.wired = known_things().copy(MICROSOFT, tables, MemoryBlobs())
    before, known = stored(tables), {key for key, _ in audit.entries(tables, MSP, NOW)}
    answer = call(draw_case(data, name, MSP, GenerationMode.POSITIVE), "owner")
    if stored(tables) == before:
        return
    new = [entry for key, entry in audit.entries(tables, MSP, NOW) if key not in known]
    assert new, f"{name} changed something without an entry: {answer.status_code} {answer.text[:300]}"
    assert {entry.via for entry in new} == {Via.API}
    who = id_of("owner")
    assert all(who in entry.who for entry in new)
