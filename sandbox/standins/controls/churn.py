"""Change the seats of many tenants at once, as a night in an MSP's life does."""

from sandbox.standins.state import Document, State
from sandbox.standins.worlds.people import number_of

_TENANTS, _CHANGES = 0.325, 0.4
"""Shares of all mapped tenants: how many change, and how many quantities change in all."""
_DECREASE_EACH = 10
_SAFE_SEATS = 10


def churn(state: State) -> Document:
    """Each call changes other tenants. Mostly one to three seats more; one seat less on a few larger lines.

    No line reaches zero, and no tenant loses more than one seat, so a guard on losses has nothing to hold.
    """
    meta = state.get("meta", "world")
    mapped = sorted(
        (t for t in state.all("tenant") if t["mappings"] and t["added"]), key=lambda t: str(t["domain"])
    )
    if not mapped:
        return {"tenants": 0, "changes": 0, "increases": 0, "decreases": 0}
    how_many = max(1, round(len(mapped) * _TENANTS))
    extra = max(0, round(len(mapped) * _CHANGES) - how_many)
    begin = meta["churns"] * how_many
    chosen = [mapped[(begin + step) % len(mapped)] for step in range(how_many)]
    increases = decreases = 0
    with state.in_one_go():
        for position, tenant in enumerate(chosen):
            deltas = _deltas(tenant, 2 if position < extra else 1, meta["churns"], position)
            state.change("tenant", tenant["id"], lambda document, d=deltas: _apply(document, d))  # type: ignore[misc]
            increases += sum(1 for delta in deltas.values() if delta > 0)
            decreases += sum(1 for delta in deltas.values() if delta < 0)
        state.put("meta", "world", meta | {"churns": meta["churns"] + 1})
    changes = increases + decreases
    return {"tenants": len(chosen), "changes": changes, "increases": increases, "decreases": decreases}


def _deltas(tenant: Document, wanted: int, churns: int, position: int) -> dict[str, int]:
    """Subscription id -> change of its units, for that many of the tenant's mapped licences."""
    rows = [row for row in (_billed(tenant, mapping) for mapping in tenant["mappings"]) if row]
    begin = number_of(tenant["id"], churns) % max(1, len(rows))
    deltas: dict[str, int] = {}
    for step in range(min(wanted, len(rows))):
        bought = rows[(begin + step) % len(rows)]
        loses = step == 0 and position % _DECREASE_EACH == 0 and bought["units"] >= _SAFE_SEATS
        deltas[bought["id"]] = -1 if loses else 1 + number_of(tenant["id"], churns, step) % 3
    return deltas


def _billed(tenant: Document, mapping: Document) -> Document | None:
    """The enabled subscription whose units a mapping bills."""
    for holding in tenant["holdings"]:
        if holding["sku_id"] == mapping["sku_id"]:
            for bought in holding["subscriptions"]:
                named = mapping["subscription_id"] in (None, bought["id"])
                if named and bought["status"] == "Enabled":
                    return bought  # type: ignore[no-any-return]
    return None


def _apply(tenant: Document, deltas: dict[str, int]) -> None:
    for holding in tenant["holdings"]:
        for bought in holding["subscriptions"]:
            bought["units"] += deltas.get(bought["id"], 0)
        enabled = sum(bought["units"] for bought in holding["subscriptions"] if bought["status"] == "Enabled")
        if any(bought["id"] in deltas for bought in holding["subscriptions"]):
            holding["assigned"] = min(holding["assigned"], enabled)
