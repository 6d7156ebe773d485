"""Faults that can be switched on: what goes wrong, for which requests, and how often."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from sandbox.standins.protocol import Call, Request
from sandbox.standins.state import State


class What(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"  # 429 with Retry-After: `retry_after` seconds
    THROTTLE_SILENT = "throttle_silent"  # 429 without Retry-After
    STATUS = "status"  # the 5xx of `status`, in the vendor's own words
    HTML = "html"  # an HTML page with `status` (200 if not given) where JSON is due
    CUT = "cut"  # the connection closes in the middle of the body
    TIMEOUT_BEFORE = "timeout_before"  # nothing is applied, no answer for `seconds`, then closed
    TIMEOUT_AFTER = "timeout_after"  # applied, no answer for `seconds`, then closed
    RESET_AFTER = "reset_after"  # applied, then the connection is reset
    STATUS_AFTER = "status_after"  # applied, and a 5xx (or 429) is answered
    APPLIED_LATE = (
        "applied_late"  # no answer for `seconds`, then closed; applied `late` seconds after it came
    )
    STALE = "stale"  # a read answers as before the last change
    SLOW = "slow"  # answers after `seconds`
    LOOPING_PAGE = "looping_page"  # the next link leads to the same page
    FOREIGN_PAGE = "foreign_page"  # the next link leads to another host
    EMPTY_PAGE = "empty_page"  # a page without rows that still has a next link
    DUPLICATE_ROW = "duplicate_row"  # a page begins with the last row of the page before
    EMPTY_LIST = "empty_list"  # 200 with an empty list
    NULL_COUNT = "null_count"  # a seat count is null
    NEGATIVE_COUNT = "negative_count"  # a seat count is -1
    MISSING_COUNT = "missing_count"  # a seat count is not there
    DUPLICATE_SKU = "duplicate_sku"  # one SKU in two rows
    ODD_DATE = "odd_date"  # the first row has `value` for its date of end
    KILL = "kill"  # SIGKILL to `pid` when the request arrives; `when` says before or after it is applied


TRANSPORT = frozenset(
    {
        *(What.CUT, What.TIMEOUT_BEFORE, What.TIMEOUT_AFTER, What.APPLIED_LATE, What.RESET_AFTER, What.SLOW),
        *(What.KILL, What.STALE),
    }
)
"""Faults of the connection, not of the answer: never inside a batch."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Empty conditions match everything; `count` None lasts until it is cleared."""

    id: int
    what: What
    vendor: str = ""
    kind: str = ""
    """Prefix of the kind that is counted, for example "graph.users" or "connectwise.write"."""
    path: str = ""
    """Regular expression searched in the path (case ignored)."""
    method: str = ""
    tenant: str = ""
    count: int | None = None
    every: int = 1
    """Only each n-th matching request."""
    retry_after: int = 2
    status: int = 0
    seconds: float = 0
    late: float = 60
    """Virtual seconds until a request that was never answered is applied."""
    value: str = "9999-12-31T23:59:59-11:00"
    pid: int = 0
    when: str = "before_apply"

    def matches(self, request: Request, call: Call, vendor: str) -> bool:
        return (
            self.vendor in ("", vendor)
            and call.kind.startswith(self.kind)
            and (not self.method or self.method.upper() == request.method)
            and self.tenant in ("", call.tenant)
            and (not self.path or re.search(self.path, request.path, re.IGNORECASE) is not None)
        )


FIELDS = tuple(field.name for field in fields(Fault) if field.name not in ("id", "what"))


class Faults:
    """The faults that are on, kept in the state; each use counts down."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen: dict[int, int] = {}
        self.tell: Callable[[What, Request, Call], None] = lambda what, request, call: None
        """Whoever counts them hears of each fault that a request met, also within a batch."""

    def active(self) -> list[Fault]:
        return [
            Fault(**{**document, "what": What(document["what"])}) for document in self._state.all("fault")
        ]

    def add(self, what: What, conditions: dict[str, Any]) -> Fault:
        number = max((fault.id for fault in self.active()), default=0) + 1
        fault = Fault(id=number, what=what, **conditions)
        self._state.put("fault", str(number), asdict(fault))
        return fault

    def clear(self, what: str = "") -> int:
        """Remove the faults, or those of one kind; how many there were."""
        numbers = [fault.id for fault in self.active() if what in ("", fault.what)]
        for number in numbers:
            self._state.remove("fault", str(number))
        return len(numbers)

    def take(self, request: Request, call: Call, vendor: str, *, inside_batch: bool = False) -> list[Fault]:
        """The faults that hit this request; each that has a count is used up by one."""
        hits = []
        for fault in self.active():
            if inside_batch and fault.what in TRANSPORT:
                continue
            if fault.matches(request, call, vendor) and self._due(fault):
                hits.append(fault)
                self._use(fault)
                self.tell(fault.what, request, call)
        return hits

    def _due(self, fault: Fault) -> bool:
        self._seen[fault.id] = self._seen.get(fault.id, 0) + 1
        return self._seen[fault.id] % fault.every == 0

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count <= 1:
            self._state.remove("fault", str(fault.id))
            self._seen.pop(fault.id, None)
        else:
            self._state.put("fault", str(fault.id), asdict(fault) | {"count": fault.count - 1})
