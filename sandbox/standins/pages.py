"""The sandbox's own pages for people: customers, agreement lines, mails, counters and faults."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sandbox.standins.faults import Fault, Faults
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.connectwise.additions import shown
from sandbox.standins.vendors.graph_rows import subscribed_skus
from sandbox.standins.vendors.halo.documents import in_effect

_MOST_ROWS = 200
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6b7c;--line:#dde3ea;--paper:#fff;--back:#f5f7fa;--mark:#0b6bcb}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa8b8;--line:#2c3642;--paper:#18202a;--back:#10161d;
--mark:#6db3ff}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",sans-serif}main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;margin:0}h2{font-size:17px;margin:36px 0 10px}p{margin:4px 0 0;color:var(--soft)}
a{color:var(--mark);text-decoration:none}a:hover{text-decoration:underline}
table{width:100%;border-collapse:collapse;background:var(--paper);border:1px solid var(--line);border-radius:8px;
overflow:hidden}th,td{text-align:left;padding:8px 12px;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:12.5px;color:var(--soft);font-weight:600}tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.tag{display:inline-block;background:var(--back);border:1px solid var(--line);border-radius:99px;padding:0 9px;
font-size:12.5px;margin:0 4px 2px 0;color:var(--soft)}.wide{overflow-x:auto}
"""


@dataclass(frozen=True, slots=True)
class Page:
    html: str
    status: int = 200


class _Raw(str):
    """Text that is HTML already."""

    __slots__ = ()


def page_for(path: str, state: State, faults: Faults, counts: Counter[str]) -> Page:
    """The page at an address of the sandbox's own host."""
    kind, _, name = path.strip("/").partition("/")
    if not kind:
        return Page(_overview(state, faults.active(), counts))
    if kind == "tenants" and (tenant := state.find("tenant", name)):
        return Page(_tenant(tenant, state))
    if kind == "mails":
        file = state.folder / "mails" / name
        if name and "/" not in name and file.suffix == ".html" and file.is_file():
            return Page(file.read_text())
    return Page(
        _page("Nothing here", f"<p>There is no page {escape(path)}. <a href='/'>Back to the sandbox</a></p>"),
        404,
    )


def _overview(state: State, faults: list[Fault], counts: Counter[str]) -> str:
    world = state.get("meta", "world")["name"]
    now = state.now().strftime("%A %d %B %Y, %H:%M UTC")
    parts = [
        f"<p>World “{escape(world)}” · virtual time {now}</p>",
        _customers(state),
        _faults(faults),
        _mails(state),
        _counts(counts),
    ]
    return _page("Seatwise sandbox", "".join(parts))


def _customers(state: State) -> str:
    tenants = state.all("tenant")
    rows = [
        (
            _link(f"/tenants/{tenant['id']}", tenant["name"]),
            _tags(tenant["cases"]),
            ", ".join(f"{key}: {access['gdap']}" for key, access in tenant["access"].items()),
            tenant["users"],
            tenant["agreement_id"] or "none",
        )
        for tenant in tenants[:_MOST_ROWS]
    ]
    table = _table(("Customer", "What it shows", "Partner access", "#Users", "#Agreement"), rows)
    more = f"<p>The first {_MOST_ROWS} of {len(tenants)}.</p>" if len(tenants) > _MOST_ROWS else ""
    return f"<h2>Customers</h2>{table}{more}"


def _faults(faults: list[Fault]) -> str:
    if not faults:
        return "<h2>Faults</h2><p>None is on. Switch one on with <code>control set-fault</code>.</p>"
    rows = [
        (
            fault.what.value,
            fault.vendor or fault.kind or "everything",
            fault.path or "any",
            fault.tenant or "any",
            "until cleared" if fault.count is None else fault.count,
        )
        for fault in faults
    ]
    return "<h2>Faults</h2>" + _table(("Fault", "Where", "Path", "Tenant", "#Left"), rows)


def _mails(state: State) -> str:
    folder = state.folder / "mails"
    files = sorted(folder.glob("*.html"), reverse=True) if folder.is_dir() else []
    rows: list[tuple[Any, ...]] = [
        ("Folder", _link(f"/mails/{file.name}", file.stem), "") for file in files[:50]
    ]
    rows += [("SendGrid", mail["mail"]["subject"], mail["at"]) for mail in reversed(state.all("mail"))]
    if not rows:
        return "<h2>Mails</h2><p>None yet.</p>"
    return "<h2>Mails</h2>" + _table(("Through", "Subject", "At"), rows[:_MOST_ROWS])


def _counts(counts: Counter[str]) -> str:
    if not counts:
        return "<h2>Requests</h2><p>None yet.</p>"
    return "<h2>Requests</h2>" + _table(("Kind", "#Count"), sorted(counts.items()))


def _tenant(tenant: Document, state: State) -> str:
    address = f"{escape(tenant['domain'])} · {tenant['id']} · {tenant['users']} users"
    facts = f"<p>{address} · <a href='/'>all customers</a></p>"
    skus = [
        (
            row["skuPartNumber"],
            *(row["prepaidUnits"][name] for name in ("enabled", "warning", "suspended")),
            row["consumedUnits"],
            row["appliesTo"],
        )
        for row in subscribed_skus(tenant)
    ]
    heads = ("SKU", "#Enabled", "#In grace", "#Suspended", "#Assigned", "Applies to")
    parts = [facts, f"<p>{_tags(tenant['cases'])}</p>", "<h2>At Microsoft</h2>", _table(heads, skus)]
    parts += _in_connectwise(tenant, state) or _in_halo(tenant, state)
    return _page(tenant["name"], "".join(parts))


def _in_connectwise(tenant: Document, state: State) -> list[str]:
    agreement = state.find("cw_agreement", f"{tenant['psa_site']}/{tenant['agreement_id']}")
    if agreement is None:
        return []
    lines = [shown(addition, agreement, state, "") for addition in agreement["additions"].values()]
    rows = [
        (
            line["id"],
            line["product"]["identifier"],
            f"{line['quantity']:g}",
            f"{line['extPrice']:.2f}",
            line["_info"]["updatedBy"],
            line["_info"]["lastUpdated"],
        )
        for line in lines
    ]
    heads = ("Addition", "Product", "#Quantity", "#Price", "Changed by", "Changed")
    return [f"<h2>In ConnectWise: {escape(agreement['name'])}</h2>", _table(heads, rows)]


def _in_halo(tenant: Document, state: State) -> list[str]:
    invoice = state.find("halo_invoice", f"{tenant['psa_site']}/{tenant['agreement_id']}")
    if invoice is None:
        return []
    rows = [
        (
            line["id"],
            line["item_code"],
            f"{line['qty_order']:g}",
            f"{in_effect(line):g}",
            "counted by Halo" if "counted" in line else "",
        )
        for line in invoice["lines"].values()
    ]
    heads = ("Line", "Item", "#Quantity", "#With pending rows", "")
    return [f"<h2>In HaloPSA: {escape(invoice['name'])}</h2>", _table(heads, rows)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A head that begins with # is a column of numbers."""
    classes = [" class=n" if head.startswith("#") else "" for head in heads]
    top = "".join(
        f"<th{mark}>{escape(head.lstrip('#'))}</th>" for head, mark in zip(heads, classes, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{mark}>{_cell(cell)}</td>" for cell, mark in zip(row, classes, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(value: Any) -> str:
    if isinstance(value, _Raw):
        return value
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else escape(str(value))


def _link(address: str, text: str) -> _Raw:
    return _Raw(f"<a href='{escape(address)}'>{escape(text)}</a>")


def _tags(tags: Iterable[str]) -> _Raw:
    return _Raw("".join(f"<span class=tag>{escape(tag.replace('_', ' '))}</span>" for tag in tags))


def _page(title: str, body: str) -> str:
    return (
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
