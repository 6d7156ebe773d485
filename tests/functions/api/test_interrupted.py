"""A process that ends in the middle of a request leaves a trace in the audit log, whatever took effect."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.accounts.audit import GOES_ON
from shared.storage import keys
from shared.storage.tables import RowChange
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
ACCOUNT, AUDIT = f"/accounts/{MSP}", f"/accounts/{MSP}/audit"


class ProcessEnds(BaseException):
    """As SIGKILL: nothing in the process sees it."""


NO_ANSWER = (ProcessEnds, RuntimeError)
"""What whoever asked is told, whichever comes first: the end, or that the client's event loop has ended with it."""


@pytest.fixture
def ends_before_the_entry(wired: MemoryWiring) -> Callable[[type[BaseException]], Any]:
    """Within it, whatever is to be appended to the log is not: the error is raised instead."""
    commit = wired.tables.commit

    @contextmanager
    def ends(by: type[BaseException]) -> Iterator[None]:
        def ended(changes: Sequence[RowChange]) -> list[str]:
            if any(change.key.row.startswith(keys.AUDIT) for change in changes):
                raise by
            return commit(changes)

        wired.tables.commit = ended  # type: ignore[method-assign]
        try:
            yield
        finally:
            wired.tables.commit = commit  # type: ignore[method-assign]

    return ends


def renamed(owner: Caller, name: str) -> int:
    tag = owner("GET", ACCOUNT).headers["ETag"]
    return owner("PATCH", ACCOUNT, json={"name": name}, headers={"If-Match": tag}).status_code


def entries(caller: Caller) -> list[tuple[str, bool]]:
    return [(entry["action"], entry["interrupted"]) for entry in caller("GET", AUDIT).json()["items"]]


def later(wired: MemoryWiring) -> None:
    wired.now += GOES_ON + timedelta(seconds=1)


@pytest.mark.parametrize("end", [ProcessEnds, RuntimeError])
def test_an_effect_whose_entry_was_lost_is_in_the_log(
    wired: MemoryWiring, sign_in: SignIn, ends_before_the_entry: Any, end: type[BaseException]
) -> None:
    owner = sign_in("owner")
    with ends_before_the_entry(end), suppress(*NO_ANSWER):
        renamed(owner, "New name")
    assert owner("GET", ACCOUNT).json()["name"] == "New name"
    assert entries(owner) == []  # it may go on still
    later(wired)
    assert entries(owner) == [("changeAccount", True)]
    [entry] = owner("GET", AUDIT).json()["items"]
    assert "owner@msp.example" in entry["who"]
    assert renamed(owner, "Newer name") == 200
    assert entries(owner) == [("account.named", False), ("changeAccount", True)]


def test_what_was_done_or_refused_leaves_no_note(wired: MemoryWiring, sign_in: SignIn) -> None:
    owner = sign_in("owner")
    assert renamed(owner, "New name") == 200
    assert owner("PATCH", ACCOUNT, json={"name": "X"}, headers={"If-Match": '"old"'}).status_code == 412
    assert owner("DELETE", f"{ACCOUNT}/members/nobody").status_code == 404
    assert owner("POST", f"{ACCOUNT}/invitations", json={"email": "?"}).status_code == 422
    later(wired)
    assert entries(owner) == [("account.named", False)]
    assert list(wired.tables.rows(keys.audit(MSP), keys.AUDIT_BEGUN)) == []


def test_an_effect_that_has_its_entry_is_told_once(
    wired: MemoryWiring, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended between the entry and the note's removal."""
    owner, commit = sign_in("owner"), wired.tables.commit

    def ended(changes: Sequence[RowChange]) -> list[str]:
        if (
            changes[0].key.row.startswith(keys.AUDIT_BEGUN)
            and len(list(wired.tables.rows(keys.audit(MSP)))) > 1
        ):
            raise ProcessEnds
        return commit(changes)

    with monkeypatch.context() as patched:
        patched.setattr(wired.tables, "commit", ended)
        with pytest.raises(NO_ANSWER):
            renamed(owner, "New name")
    later(wired)
    assert entries(owner) == [("account.named", False)]


def test_pages_of_the_log_have_what_was_interrupted_once(
    wired: MemoryWiring, sign_in: SignIn, ends_before_the_entry: Any
) -> None:
    owner = sign_in("owner")
    for number in range(3):
        wired.now += timedelta(seconds=1)
        assert renamed(owner, f"Name {number}") == 200
        with ends_before_the_entry(RuntimeError):
            wired.now += timedelta(seconds=1)
            assert renamed(owner, f"Lost {number}") == 500
    later(wired)
    found: list[bool] = []
    cursor: str | None = ""
    while cursor is not None:
        page = owner("GET", f"{AUDIT}?limit=2{cursor and f'&cursor={cursor}'}").json()
        found += [entry["interrupted"] for entry in page["items"]]
        cursor = page["next"]
    assert found == [True, False] * 3


def test_the_log_of_one_account_holds_nothing_of_another(wired: MemoryWiring, sign_in: SignIn) -> None:
    assert renamed(sign_in("owner"), "Harbour IT of Hull") == 200
    assert sign_in("other")("GET", f"/accounts/{OTHER}/audit").json()["items"] == []
    assert [row.key.partition for row in wired.tables.rows(keys.audit(MSP), keys.AUDIT)] == [f"{MSP}|audit"]
