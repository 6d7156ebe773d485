"""What the host's process has used: processor time, memory, and how often each function ran."""

import resource
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.host.queue_listener import QueueListener
from sandbox.host.worker import Worker


def stats(worker: Worker, listeners: Iterable[QueueListener]) -> dict[str, Any]:
    """To be asked in the host's own thread: what that one has used is `host_cpu_ms`, of which the app is no part."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak, now = _memory_mb()
    listeners = list(listeners)
    return {
        "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
        "host_cpu_ms": round(time.thread_time() * 1000),
        "peak_mb": peak,
        "rss_mb": now,
        "invocations": dict(worker.invocations),
        "failures": dict(worker.failures),
        "running": {name: count for name, count in worker.running.items() if count},
        "polls": sum(listener.polls for listener in listeners),
        "empty_polls": sum(listener.empty_polls for listener in listeners),
    }


def _memory_mb() -> tuple[float, float]:
    """Peak and present memory. Without /proc (macOS) the peak stands for both."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 1)
        return peak, peak
    kilobytes = {name: value for name, _, value in (line.partition(":") for line in lines)}
    peak, now = (round(int(kilobytes[name].split()[0]) / 1024, 1) for name in ("VmHWM", "VmRSS"))
    return peak, now
