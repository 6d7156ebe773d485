"""The chart of the README: seconds and processor time per tenant, Seatwise beside its peers."""

from typing import Any
from xml.sax.saxutils import escape

WIDTH, BAR, LEFT = 720, 22, 190


def svg(found: dict[str, Any]) -> str:
    """Two groups of bars on a logarithmic scale, each with its figure."""
    w0 = found["nights"]["W0"]
    read = w0["tenants"]["read"]
    seconds = {
        "Seatwise, reading only": w0["reading_seconds"] / read,
        "Seatwise, a whole night": w0["seconds"] / read,
    }
    cpu = {"Seatwise, a whole night": w0["cpu_ms_per_tenant"]}
    for name, one in found["peers"].items():
        seconds[f"{name}, reading only"] = one["seconds"] / one["tenants"]
        cpu[f"{name}, reading only"] = one["cpu_ms"]
    parts, at = [], 30
    for title, values, form in (
        ("Seconds per tenant", seconds, "{:.3f} s"),
        ("Processor time per tenant", cpu, "{:,.0f} ms"),
    ):
        parts.append(f'<text x="10" y="{at}" font-weight="bold">{title} (logarithmic)</text>')
        at += 12
        least = min(values.values()) / 2
        widest = _decades(max(values.values()), least)
        for name, value in values.items():
            width = (WIDTH - LEFT - 90) * _decades(value, least) / widest
            colour = "#0f6cbd" if name.startswith("Seatwise") else "#8a8886"
            parts.append(
                f'<text x="{LEFT - 8}" y="{at + 15}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{LEFT}" y="{at}" width="{width:.0f}" height="{BAR - 4}" fill="{colour}"/>'
                f'<text x="{LEFT + width + 6:.0f}" y="{at + 15}">{form.format(value)}</text>'
            )
            at += BAR
        at += 28
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at - 10}" '
        f'font-family="Segoe UI, Arial, sans-serif" font-size="12" role="img" '
        f'aria-label="Seconds and processor time per tenant: Seatwise beside a script and the SDK">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _decades(value: float, least: float) -> float:
    from math import log10

    return log10(value / least)
