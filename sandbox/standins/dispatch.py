"""All stand-ins behind one door: who is asked, what is counted, and what goes wrong on purpose."""

import os
import signal
from collections import Counter
from dataclasses import dataclass, field

from sandbox.standins.faults import Fault, Faults, What
from sandbox.standins.late import apply_what_is_due, keep_for_later
from sandbox.standins.paging_faults import with_content_faults
from sandbox.standins.protocol import Answer, Call, Request, Vendor
from sandbox.standins.state import State
from sandbox.standins.vendors.graph import Graph
from sandbox.standins.vendors.registry import make_vendors

_HTML = (
    b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h1>Sorry</h1></body></html>"
)


@dataclass(slots=True)
class Delivery:
    """An answer and how the connection is to carry it. `answer` None: close without a word."""

    answer: Answer | None
    vendor: str = ""
    wait: float = 0
    cut: bool = False
    reset: bool = False
    faults: list[What] = field(default_factory=list)


class Dispatcher:
    """Dispatches by the original host name. Not one line of it knows HTTP servers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.faults = Faults(state)
        self.counts: Counter[str] = Counter()
        self._by_host = {host: vendor for vendor in make_vendors(state, self.faults) for host in vendor.hosts}

    def deliver(self, request: Request) -> Delivery:
        self.apply_what_is_due()
        vendor = self._by_host.get(request.host)
        if vendor is None:
            self.counts["foreign"] += 1
            return Delivery(Answer(421, {"error": f"No stand-in answers for {request.host}."}), "foreign")
        call = vendor.call(request)
        self._count(call)
        hits = self.faults.take(request, call, vendor.name)
        if not hits:
            return Delivery(_whole(self.state, vendor, request, call), vendor.name)
        return _with_faults(self.state, vendor, request, call, hits)

    def apply_what_is_due(self) -> None:
        """Apply the requests that were taken before, never answered, and whose time has come."""
        apply_what_is_due(self.state, self._by_host)

    def _count(self, call: Call) -> None:
        self.counts[call.kind] += 1
        if call.counted_as:
            self.counts[call.counted_as] += 1


def _whole(state: State, vendor: Vendor, request: Request, call: Call) -> Answer:
    """Apply a request wholly or, when this process is killed within, not at all."""
    if request.method == "GET":
        return vendor.answer(request, call)
    with state.in_one_go():
        return vendor.answer(request, call)


def _with_faults(state: State, vendor: Vendor, request: Request, call: Call, hits: list[Fault]) -> Delivery:
    delivery = Delivery(None, vendor.name, faults=[hit.what for hit in hits])
    by_what = {hit.what: hit for hit in hits}
    kill = by_what.get(What.KILL)
    if kill and kill.when != "after_apply":
        _kill(kill)
    if What.SLOW in by_what:
        delivery.wait = by_what[What.SLOW].seconds
    if What.TIMEOUT_BEFORE in by_what:
        delivery.wait = by_what[What.TIMEOUT_BEFORE].seconds or 120
        return delivery
    if What.APPLIED_LATE in by_what:
        delivery.wait = by_what[What.APPLIED_LATE].seconds or 120
        keep_for_later(state, request, by_what[What.APPLIED_LATE].late)
        return delivery
    refused = _refused(vendor, hits)
    if refused:
        delivery.answer = refused
        return delivery
    answer = _applied(state, vendor, request, call, hits)
    if kill and kill.when == "after_apply":
        _kill(kill)
    if What.TIMEOUT_AFTER in by_what:
        delivery.wait = by_what[What.TIMEOUT_AFTER].seconds or 120
    elif What.RESET_AFTER in by_what:
        delivery.reset = True
    elif What.STATUS_AFTER in by_what:
        status = by_what[What.STATUS_AFTER].status or 503
        delivery.answer = vendor.throttled(2) if status == 429 else vendor.failing(status)
    else:
        delivery.answer, delivery.cut = answer, What.CUT in by_what
    return delivery


def _applied(state: State, vendor: Vendor, request: Request, call: Call, hits: list[Fault]) -> Answer:
    stale = request.method == "GET" and any(hit.what is What.STALE for hit in hits)
    with state.reading_stale(stale):
        if isinstance(vendor, Graph):
            return vendor.spoiled(request, call, hits)
        return with_content_faults(_whole(state, vendor, request, call), request, hits)


def _refused(vendor: Vendor, hits: list[Fault]) -> Answer | None:
    """The answer of a fault that keeps the request from being applied."""
    for hit in hits:
        if hit.what is What.THROTTLE:
            return vendor.throttled(hit.retry_after)
        if hit.what is What.THROTTLE_SILENT:
            return vendor.throttled(None)
        if hit.what is What.STATUS:
            return vendor.failing(hit.status or 503)
        if hit.what is What.HTML:
            return Answer(hit.status or 200, _HTML, content_type="text/html; charset=utf-8")
    return None


def _kill(fault: Fault) -> None:
    os.kill(fault.pid, signal.SIGKILL)
