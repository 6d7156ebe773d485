"""Two accounts, asked anything in any order: a request of one touches no row, blob or message of the other."""

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from schemathesis.generation import GenerationMode

from shared.accounts.directory import rename_account
from shared.health.installation import NOBODY
from shared.storage.memory import MemoryBlobs
from shared.storage.tables import Key, Row, RowChange
from tests.functions.api.conftest import MSP, OTHER, an_account
from tests.functions.api.known_things import known_things
from tests.functions.api.made_up_requests import APP, MICROSOFT, OPERATIONS, call, draw_case
from tests.shared.alerts.world import CountingTables

STEPS = int(os.environ.get("ISOLATION_STEPS", "300"))
"""`make isolation` takes 10,000."""
IN_A_ROW = 50
HARBOUR, TIDE = "harbour-mark-5f1d", "tidewater-mark-84db"
"""The accounts' names: no answer to the one holds the other's."""
BETWEEN_ACCOUNTS = {"acceptInvitation", "openAccount"}
"""They make a person a member of an account that is not asked for: with its signed code, or as it is opened."""


def _unpacked(content: bytes) -> bytes:
    """What an answer holds: of an archive (the export of an account) all its files."""
    if not zipfile.is_zipfile(BytesIO(content)):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


class WatchedTables(CountingTables):
    """Remembers each partition that was read or written."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: set[str] = set()

    def get(self, key: Key) -> Row | None:
        self.touched.add(key.partition)
        return super().get(key)

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        self.touched.add(partition)
        return super().rows(partition, prefix, after)

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        self.touched.update(change.key.partition for change in changes)
        return super().commit(changes)


class WatchedBlobs(MemoryBlobs):
    """Remembers each blob that was read or written."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: set[str] = set()

    def put(self, name: str, data: bytes) -> None:
        self.touched.add(name)
        super().put(name, data)

    def get(self, name: str) -> bytes | None:
        self.touched.add(name)
        return super().get(name)

    def delete(self, name: str, etag: str = "") -> None:
        self.touched.add(name)
        super().delete(name, etag)


class TwoAccounts(RuleBasedStateMachine):
    """MSP, which has one of everything, and OTHER, whose owner asks for what MSP has."""

    @initialize()
    def begin(self) -> None:
        self.tables, self.blobs = WatchedTables(), WatchedBlobs()
        self.wired = known_things().copy(MICROSOFT, self.tables, self.blobs)
        for account, name in ((MSP, HARBOUR), (OTHER, TIDE)):
            rename_account(self.tables, an_account(account, ""), name)
        APP.state.wired = self.wired

    @rule(
        data=st.data(),
        asks_for_msp=st.booleans(),
        name=st.sampled_from(sorted(OPERATIONS.keys() - BETWEEN_ACCOUNTS)),
    )
    def ask(self, data: st.DataObject, asks_for_msp: bool, name: str) -> None:
        mine = MSP if asks_for_msp else OTHER
        self.tables.touched, self.blobs.touched = set(), set()
        self.wired.sent.messages.clear()
        case = draw_case(data, name, mine, GenerationMode.POSITIVE)
        answer = call(case, "owner" if asks_for_msp else "other")
        assert (TIDE if asks_for_msp else HARBOUR).encode() not in _unpacked(answer.content)
        for place in self.tables.touched:
            assert place.split("|")[0] in {mine, "directory", NOBODY}, f"{name} touched {place}"
        for place in self.blobs.touched:
            assert place.split("/")[0] in {mine, "public"}, f"{name} touched {place}"
        for message in self.wired.sent.messages:
            assert json.loads(message.body)["account"] == mine, f"{name} sent {message.body}"


def test_what_one_account_does_shows_in_no_other() -> None:
    run_state_machine_as_test(
        TwoAccounts,
        settings=settings(
            max_examples=max(1, STEPS // IN_A_ROW),
            stateful_step_count=IN_A_ROW,
            phases=(
                Phase.reuse,
                Phase.generate,
            ),  # each message names the request: a shorter list says no more
            suppress_health_check=list(HealthCheck),
        ),
    )
