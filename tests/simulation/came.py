"""Which faults of the list to survive came in a simulation: what truly happened is counted, not what was drawn."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.standins.faults import What

_TENANTS: Final = ("graph.", "partnercenter.", "microsoft.token")
_GRAPH: Final = ("graph.",)
_BATCHED: Final = ("graph.subscribed_skus", "graph.subscriptions", "graph.users")
_WRITES: Final = ("connectwise.write", "halo.write", "autotask.write")
_READS: Final = ("connectwise.read", "halo.read", "autotask.read")
_MAIL: Final = ("sendgrid.send",)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the list, or a part of it, and by what it is known that it came."""

    name: str
    met: tuple[What, ...] = ()
    """A request of `kinds` met one of these."""
    kinds: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    """Or one of these moments came."""

    def times(self, met: Mapping[tuple[str, str], int], happened: Mapping[str, int]) -> int:
        by_request = sum(
            times for (what, kind), times in met.items() if what in self.met and kind.startswith(self.kinds)
        )
        return by_request + sum(happened.get(name, 0) for name in self.happened)


OF_MONEY: Final = (
    Fault("F1 429 with Retry-After", (What.THROTTLE,), (*_TENANTS, *_READS, *_WRITES)),
    Fault("F1 429 inside a batch", (What.THROTTLE,), _BATCHED),
    Fault("F2 429 without Retry-After", (What.THROTTLE_SILENT,), _TENANTS),
    Fault("F2 5xx", (What.STATUS,), (*_TENANTS, *_READS)),
    Fault("F2 HTML body", (What.HTML,), (*_TENANTS, *_READS)),
    Fault("F3 next page fails", (What.CUT,), _GRAPH),
    Fault("F3 next page loops", (What.LOOPING_PAGE,), _GRAPH),
    Fault("F3 next page is empty", (What.EMPTY_PAGE,), _GRAPH),
    Fault("F3 next page of a foreign host", (What.FOREIGN_PAGE,), _GRAPH),
    Fault("F4 empty value", (What.EMPTY_LIST,), _GRAPH),
    Fault("F4 missing count", (What.MISSING_COUNT, What.NULL_COUNT), _GRAPH),
    Fault("F4 negative count", (What.NEGATIVE_COUNT,), _GRAPH),
    Fault("F4 duplicate SKU rows", (What.DUPLICATE_SKU,), _GRAPH),
    Fault("F5 a true zero", happened=("held at zero",)),
    Fault("F6 consent lost over many", happened=("F6 consent lost of many",)),
    Fault("F7 suspended", happened=("suspended",)),
    Fault("F7 warning", happened=("in_grace",)),
    Fault("F7 trial", happened=("trial_bought",)),
    Fault("F7 one SKU on two terms", happened=("second_term_bought",)),
    Fault("F8 tenant refused", happened=("F8 tenant refused",)),
    Fault("F8 partner refused", happened=("F8 partner refused",)),
    Fault("F9 time-out after it applied", (What.TIMEOUT_AFTER, What.APPLIED_LATE), _WRITES),
    Fault("F9 time-out before", (What.TIMEOUT_BEFORE,), _WRITES),
    Fault("F10 reset or cut after it applied", (What.RESET_AFTER, What.CUT), _WRITES),
    Fault("F10 429 or 5xx that applied", (What.STATUS_AFTER,), _WRITES),
    Fault("F10 stale read-back", (What.STALE,), _READS),
    Fault("F11 killed at a request to a vendor", happened=("kill_at_vendor",)),
    Fault("F11 killed at a write to the storage", happened=("kill_at_storage",)),
    Fault("F12 duplicate message", happened=("message doubled",)),
    Fault("F12 out-of-order message", happened=("message out of order",)),
    Fault("F13 two workers on one agreement", happened=("second_worker_at",)),
    Fault("F14 unknown version of a message", happened=("F14 poison",)),
    Fault("F15 timer missed", happened=("F15 tick missed",)),
    Fault("F15 timer doubled", happened=("F15 tick doubled",)),
    Fault("F16 change of the clock", happened=("change of the clock",)),
    Fault("F16 month end", happened=("month end",)),
    Fault("F16 29 February", happened=("29 February",)),
    Fault("F17 table refuses", happened=("fail_at_storage",)),
    Fault("F18 vault down", happened=("F18 vault down",)),
    Fault("F19 mail provider 5xx", (What.STATUS,), _MAIL),
    Fault("F19 time-out after sending", (What.TIMEOUT_AFTER,), _MAIL),
    Fault("F20 Halo edited between read and write", happened=("edited after a read",)),
    Fault("F21 proration line written, main line not", happened=("kill_after_second_line",)),
    Fault("F22 Autotask near its hourly budget", happened=("calls of others",)),
    Fault("F24 approve clicked twice", happened=("approved twice",)),
    Fault("F25 a quantity changed by hand", happened=("edited_by_hand", "F25 edited by hand")),
)
"""Every row of the list that touches money and can come within one process."""

ELSEWHERE: Final = {
    "F14 oversized message": "tests/shared/storage",
    "F17 > 100 entities, continuation": "tests/shared/storage, against Azurite",
    "F18 secret rotated in a run": "tests/shared/microsoft",
    "F23 one slow tenant": "tests/functions/queues/test_together.py: time on a real clock",
    "F24 scanner, expiry, key rotation": "tests/functions/pages",
}
"""What cannot come within one process and a clock that jumps, and what proves it instead."""


def came(met: Mapping[tuple[str, str], int], happened: Mapping[str, int]) -> Counter[str]:
    """Times by the name of each fault; 0 for one that did not come."""
    return Counter({fault.name: fault.times(met, happened) for fault in OF_MONEY})
