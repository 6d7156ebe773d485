"""What is measured against which goal; the numbers P1 to P19 are those of docs/performance.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MEASURED_BY_GROWTH = '`make growth TENANTS="1000 10000"`'


@dataclass(frozen=True, slots=True)
class Row:
    """One goal. `measured` None: this run does not tell."""

    number: str
    what: str
    measured: float | None
    goal: float
    at_least: bool = False
    exactly: bool = False
    why_not: str = ""

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        if self.exactly:
            return self.measured == self.goal
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return f"not measured: {self.why_not}"
        if self.met:
            return "met"
        off = abs(self.measured - self.goal) / self.goal if self.goal else abs(self.measured)
        return f"missed by {off:.0%}" if self.goal else f"missed by {off:g}"


def rows(found: dict[str, Any]) -> Iterator[Row]:
    """The table of a run. `found` has `nights` by W0, W1, W4, W5, `peers`, and single figures."""
    w0, w1, w4, w5 = (found["nights"][name] for name in ("W0", "W1", "W4", "W5"))
    read = w0["tenants"]["read"]
    yield Row("P1", "Microsoft calls per tenant, W0", w0["calls"]["microsoft_per_tenant"], 2.05)
    # Changed agreements take the place of unchanged ones that a night looks at anyway: so many fewer of those are read.
    for_changes = _psa(w1) - _psa(w0) + min(w1["changed_tenants"], _psa(w0))
    yield Row("P2", "PSA calls per tenant for what changed, W1", for_changes / read, 1.25)
    yield Row("P3", "PSA writes, W0", w0["calls"]["psa_writes"], 0, exactly=True)
    yield Row("P3", "PSA writes, W1", w1["calls"]["psa_writes"], w1["changes"], exactly=True)
    yield Row(
        "P3", "PSA writes, W4: lines written for changes", w4["lines"]["written"], w4["changes"], exactly=True
    )
    for what, seconds in (("reading", w0["reading_seconds"]), ("the whole night", w0["seconds"])):
        for name, goal in (("a script, one by one", 20), ("msgraph-sdk", 40)):
            peer = found["peers"][name]
            faster = peer["seconds"] / peer["tenants"] / (seconds / read)
            yield Row("P5", f"{what}, times faster than {name}", faster, goal, at_least=True)
    yield Row("P6", "CPU per tenant, W0, ms", w0["cpu_ms_per_tenant"], 20)
    yield Row("P7", "KB per tenant from Microsoft, W0", w0["bytes"] / read / 1000, 40)
    yield Row("P8", "peak memory at this size, MB (goal at 1,000)", w0["peak_mb"], 150)
    yield from _growth(found.get("growth", []))
    yield Row("P10", "storage operations per tenant, W0", w0["storage_operations_per_tenant"], 6)
    yield Row("P10", "storage operations per tenant, W1", w1["storage_operations_per_tenant"], 10)
    yield Row("P12", "429 of ConnectWise at its limit, W5", w5["psa_throttled"], 0, exactly=True)
    yield from _in_autotask(found.get("autotask"))
    yield Row("P17", "deployed package, MB", found["package_mb"], 200)
    yield Row("P17", "import of the app, CPU s", found["import_cpu_s"], 1.0)
    yield Row("P18", "HTTP API, p95 at 20 requests/s, ms", found["api_p95_ms"], 300)
    yield Row("P19", "monthly report, HTML and PDF, the slowest, CPU s", found["report_cpu_s"], 2)


def _in_autotask(night: dict[str, Any] | None) -> Iterator[Row]:
    """Other tools use half of the budget meanwhile."""
    if night is None:
        yield Row("P12", "share of Autotask's hourly budget, %", None, 20, why_not="`make autotask-night`")
        return
    of = f"{night['tenants']:,} tenants, others at 50 %"
    yield Row("P12", f"share of Autotask's hourly budget, {of}, %", night["share_percent"], 20)
    yield Row("P12", f"429 of Autotask, {of}", night["throttled"], 0, exactly=True)
    yield Row(
        "P12",
        f"lines written for changes in Autotask, {of}",
        night["written"],
        night["changes"],
        exactly=True,
    )


def _growth(nights: list[dict[str, Any]]) -> Iterator[Row]:
    """`nights` are the unchanged ones of the smaller MSP and the larger one."""
    if not nights:
        yield Row("P8", "peak memory at 10,000 tenants, MB", None, 200, why_not=MEASURED_BY_GROWTH)
        yield Row("P9", "wall(5,000) / wall(1,000)", None, 5.3, why_not=MEASURED_BY_GROWTH)
        return
    small, large = nights
    few, many = small["tenants"], large["tenants"]
    at_10_000 = large["peak_mb"] if many >= 10_000 else None
    yield Row("P8", "peak memory at 10,000 tenants, MB", at_10_000, 200, why_not=MEASURED_BY_GROWTH)
    goal = 5.3 * many / few / 5
    yield Row("P9", f"wall({many:,}) / wall({few:,})", large["seconds"] / small["seconds"], goal)


def _psa(night: dict[str, Any]) -> float:
    return float(night["calls"]["psa_reads"] + night["calls"]["psa_writes"])


def as_markdown(table: list[Row]) -> str:
    lines = ["| # | What | Measured | Goal | |", "|---|---|---:|---:|---|"]
    for row in table:
        sign = "=" if row.exactly else ">=" if row.at_least else "<="
        measured = "" if row.measured is None else f"{row.measured:,.4g}"
        lines.append(f"| {row.number} | {row.what} | {measured} | {sign} {row.goal:,g} | {row.verdict} |")
    return "\n".join(lines)


def peers_as_markdown(found: dict[str, Any]) -> str:
    """The reading half by others, beside a whole night of Seatwise's."""
    w0 = found["nights"]["W0"]
    lines = [
        "| | tenants | s per tenant | Microsoft calls | CPU ms | KB | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    read = w0["tenants"]["read"]
    night = {
        "tenants": read,
        "seconds": w0["seconds"],
        "calls": w0["calls"]["microsoft_per_tenant"],
        "cpu_ms": w0["cpu_ms_per_tenant"],
        "bytes": w0["bytes"] / read,
        "peak_mb": w0["peak_mb"],
    }
    lines.append(f"| **Seatwise, reading** | {read:,} | {w0['reading_seconds'] / read:.3f} | | | | |")
    for name, one in {"**Seatwise, a whole night**": night, **found["peers"]}.items():
        lines.append(
            f"| {name} | {one['tenants']:,} | {one['seconds'] / one['tenants']:.3f} | {one['calls']:.2f} | "
            f"{one['cpu_ms']:,.0f} | {one['bytes'] / 1000:.1f} | {one['peak_mb']:.0f} |"
        )
    return "\n".join(lines)
