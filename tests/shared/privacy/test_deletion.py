"""Deleting an account leaves no row, blob, secret or message of it, and all of every other account."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.functions.queue import QueueMessage

import function_app
from functions.queues import deletion
from functions.queues.messages import (
    MESSAGES,
    AccountWork,
    DeleteAccount,
    PartOfRun,
    PushConnection,
    QueuedWork,
    StartRun,
)
from functions.queues.tick import due_for_all
from shared.accounts.directory import load_account, save_account
from shared.accounts.members import Role
from shared.accounts.opening import open_account
from shared.errors import AccountGone, Rejected
from shared.privacy import deletion as service
from shared.privacy.deletion import Stores
from shared.storage import keys
from shared.storage.key_vault import KeyVaultSecrets
from shared.storage.keys import account_id
from shared.storage.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.wiring import WiringOverrides, override_wiring, wiring
from tests.functions.api.conftest import MSP, OTHER, a_member, an_account
from tests.functions.memory_wiring import NOW, OWNER_TENANT, MemoryWiring
from tests.shared.privacy.two_accounts import SECRET_KEY, TwoAccounts, two_accounts
from tests.shared.storage.memory_secrets import MemorySecrets
from tests.shared.storage.vault import Vault, running
from tests.shared.test_config import GOOD

SAMPLE = {
    "run": "2026-03-02",
    "on": date(2026, 3, 2),
    "tenant": "t1",
    "connections": ("c1",),
    "tenants": (PartOfRun(tenant="t1", connections=("c1",)),),
    "connection": "c1",
    "due": True,
    "invitation": "i1",
    "company": "c1",
    "month": "2026-02",
}


@pytest.fixture
def sent() -> MemoryQueues:
    return MemoryQueues()


@dataclass
class Clock:
    now: datetime = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(
    storage_connection: str, monkeypatch: pytest.MonkeyPatch, sent: MemoryQueues, clock: Clock
) -> Iterator[TwoAccounts]:
    """The app's functions run on this storage."""
    made = two_accounts(storage_connection)
    settings = GOOD | {
        "AzureWebJobsStorage": storage_connection,
        "SEATWISE_SECRET_KEYS": base64.b64encode(SECRET_KEY).decode(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    override_wiring(WiringOverrides(clock=lambda: clock.now, queues=lambda _: sent))
    yield made
    override_wiring(WiringOverrides())


def functions() -> dict[str, Any]:
    """What is called for a message, by its queue."""
    builders: list[Any] = function_app.app._function_builders
    found = {built._function.get_trigger().get_dict_repr().get("queueName"): built for built in builders}
    return {queue: built for queue, built in found.items() if queue}


def deliver(queue: str, work: QueuedWork) -> None:
    body = work.model_dump_json().encode()
    functions()[queue](QueueMessage(id="1", body=body, dequeue_count=1))


def delete(clock: Clock) -> None:
    """As the host lives it: the message of the second step, then a tick every quarter of an hour."""
    service.begin(wiring().tables, MSP, clock.now)
    asked = [DeleteAccount(account=MSP)]
    for _ in range(4):
        for work in asked:
            deliver("delete-account", work)
        clock.now += timedelta(minutes=15)
        asked = [work for work in due_for_all(wiring()) if isinstance(work, DeleteAccount)]
        if not asked:
            return
    raise AssertionError("the deletion does not end")


def whose(kept: TwoAccounts, account: str) -> list[Any]:
    """Keys of every row and names of every blob that name the account, anywhere."""
    rows = [key for key in kept.rows() if account in (*key.partition.split("|"), *key.row.split("|"))]
    named = [row.key for row in kept.storage.tables.rows("directory|opened") if account in row.body.decode()]
    return [*rows, *named, *(name for name in kept.blobs() if name.startswith(f"{account}/"))]


@pytest.mark.azurite
def test_nothing_of_the_account_is_left_and_all_of_the_other(kept: TwoAccounts, clock: Clock) -> None:
    assert len(whose(kept, MSP)) > 50
    others = {key: etag for key, etag in kept.rows().items() if OTHER in (*key.partition.split("|"), key.row)}
    delete(clock)
    assert whose(kept, MSP) == []
    assert others
    assert others.items() <= kept.rows().items()
    assert kept.secrets.get(OTHER, "refresh-token") == f"secret of {OTHER}"
    assert {name for name in kept.blobs() if name.startswith(OTHER)} == {
        keys.readings_blob(OTHER),
        keys.users_blob(OTHER, "t1", "d1"),
    }


@pytest.mark.azurite
def test_a_message_of_a_deleted_account_does_nothing_and_is_gone(
    kept: TwoAccounts, sent: MemoryQueues, clock: Clock
) -> None:
    delete(clock)
    before = kept.rows()
    for model in (m for m in MESSAGES if issubclass(m, AccountWork)):
        fields = {name: SAMPLE[name] for name in model.model_fields if name in SAMPLE}
        work = model.model_validate(
            {"account": MSP, **fields} | ({"tenants": None} if model is StartRun else {})
        )
        deliver(model.queue, work)
        deliver(f"{model.queue}-poison", work)
    assert kept.rows() == before
    assert whose(kept, MSP) == []
    assert sent.messages == []


def stores() -> Stores:
    return Stores(MemoryTables(), MemoryBlobs(), MemorySecrets())


def test_what_was_stored_behind_the_first_sweep_is_found_by_the_next() -> None:
    made = stores()
    made.blobs.put(keys.readings_blob(MSP), b"x")
    assert service.sweep(made, MSP) == 1
    made.blobs.put(keys.readings_blob(MSP), b"late")
    assert service.sweep(made, MSP) == 1
    assert service.sweep(made, MSP) == 0


def an_installation() -> MemoryWiring:
    wired = MemoryWiring()
    wired.__dict__["secrets"] = MemorySecrets()
    save_account(wired.tables, an_account(MSP, "Harbour IT"))
    return wired


def sweep(wired: MemoryWiring) -> None:
    """The message of a deletion, as it comes from the second step or from a tick."""
    assert list(deletion._delete(wired, DeleteAccount(account=MSP))) == []


def ticked(wired: MemoryWiring) -> list[QueuedWork]:
    return [work for work in due_for_all(wired) if isinstance(work, DeleteAccount)]


def test_a_deletion_ends_only_when_nothing_was_found_for_longer_than_a_function_may_take() -> None:
    wired = an_installation()
    service.begin(wired.tables, MSP, NOW)
    for minutes, late in ((0, False), (11, False), (14, True), (25, False)):
        wired.now = NOW + timedelta(minutes=minutes)
        if late:
            wired.blobs.put(keys.readings_blob(MSP), b"of what was at work")
        sweep(wired)
        assert service.is_asked_for(wired.tables, MSP), minutes
    wired.now = NOW + timedelta(minutes=26)
    sweep(wired)
    assert not service.is_asked_for(wired.tables, MSP)
    assert ticked(wired) == []


def test_a_deletion_whose_message_was_lost_goes_on_with_the_next_tick() -> None:
    wired = an_installation()
    service.begin(wired.tables, MSP, NOW)
    assert ticked(wired) == [DeleteAccount(account=MSP)]
    sweep(wired)
    with pytest.raises(AccountGone):
        load_account(wired.tables, MSP)
    assert ticked(wired) == [DeleteAccount(account=MSP)], "nothing is left, and it is looked for once more"


def test_without_the_vault_nothing_is_deleted_behind_it_and_the_next_tick_tries_again() -> None:
    wired = an_installation()
    wired.__dict__["secrets"].down = True
    service.begin(wired.tables, MSP, NOW)
    with pytest.raises(Rejected, match="vault"):
        list(deletion._delete(wired, DeleteAccount(account=MSP)))
    wired.now += timedelta(hours=3)
    assert ticked(wired) == [DeleteAccount(account=MSP)]
    assert load_account(wired.tables, MSP).name == "Harbour IT"


def test_without_a_deletion_that_was_asked_for_nothing_is_deleted() -> None:
    wired = an_installation()
    sweep(wired)
    assert load_account(wired.tables, MSP).name == "Harbour IT"


def test_a_message_that_was_given_up_leaves_nothing_of_a_deleted_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    override_wiring(WiringOverrides(clock=lambda: NOW))
    tables: Any = MemoryTables()
    wiring().__dict__["storage"] = SimpleNamespace(tables=tables, blobs=MemoryBlobs(), queues=MemoryQueues())
    deliver("push-connection-poison", PushConnection(account=MSP, run="2026-03-02", connection="c1"))
    override_wiring(WiringOverrides())
    assert tables._partitions == {}


def test_an_account_that_is_being_deleted_is_not_opened_again() -> None:
    tables = MemoryTables()
    owner = a_member("owner", Role.OWNER)
    account = open_account(tables, owner, "Harbour", "Europe/London", "a@b.example", {OWNER_TENANT})
    service.begin(tables, account.id, NOW)
    for row in list(tables.rows("directory|opened")):
        tables._partitions[row.key.partition].clear()
    with pytest.raises(Rejected, match="being deleted"):
        open_account(tables, owner, "Harbour", "Europe/London", "a@b.example", {OWNER_TENANT})
    clock = Clock()
    for _ in range(2):
        clock.now += service.AGAIN
        service.go_on(Stores(tables, MemoryBlobs(), MemorySecrets()), account.id, lambda: clock.now)
    assert (
        open_account(tables, owner, "Harbour", "Europe/London", "a@b.example", {OWNER_TENANT}).id
        == account.id
    )


@pytest.mark.parametrize("forbidden", [False, True])
def test_the_vault_keeps_no_secret_of_the_account_and_all_others(forbidden: bool) -> None:
    vault, near = Vault(), account_id(f"{MSP}--x")
    with running(vault) as client:
        secrets = KeyVaultSecrets(client)
        for account in (MSP, near, OTHER):
            for name in ("refresh-token", "psa:cw"):
                secrets.put(account, name, "v")
        secrets.delete(MSP, "psa:cw")
        vault.purging_forbidden = forbidden
        assert secrets.delete_all(MSP) == 1
        assert secrets.get(near, "refresh-token") == secrets.get(OTHER, "psa:cw") == "v"
    assert not any(name.startswith(f"{MSP}--") and not name.startswith(near) for name in vault.secrets)
    assert len(vault.secrets) == 4
    assert len(vault.deleted) == (2 if forbidden else 0)
