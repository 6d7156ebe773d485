"""What can be done to the vendors' side of a sandbox: the registry of controls, and those of no single vendor."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sandbox.standins.controls import autotask, groups, halo, microsoft
from sandbox.standins.controls import churn as churning
from sandbox.standins.controls import connectwise as psa
from sandbox.standins.controls import mail as post
from sandbox.standins.controls import mailboxes_and_terms as optional
from sandbox.standins.controls.connectwise import line_view
from sandbox.standins.controls.lookup import ControlError, find_agreement, find_tenant
from sandbox.standins.controls.microsoft import tenant_view
from sandbox.standins.faults import FIELDS, Faults, What
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.sign_in import SignIn
from sandbox.standins.worlds.operators import OPERATORS

__all__ = ["ACTIONS", "ControlError"]


def churn(state: State, faults: Faults) -> Document:
    """Change seats of many mapped licences at once, none of it so much that the guard holds it."""
    return churning.churn(state)


def sign_in(state: State, faults: Faults, person: str) -> Document:
    """An access token for the API, as the sign-in page gives it: person is owner, admin, editor, reader, other ..."""
    found = next((known for known in OPERATORS if known.key == person), None)
    if found is None:
        raise ControlError(
            f"There is no person {person!r}. Choose one of: {', '.join(known.key for known in OPERATORS)}."
        )
    return {"person": found.name, "token": SignIn(state).tokens_of(found)["access_token"]}


def rotate_sign_in_key(state: State, faults: Faults, keep: bool = False) -> Document:
    """A new key signs access tokens from now on; the old one is withdrawn, or stays published with keep=true."""
    return {"key": SignIn(state).rotate(withdraw=not keep)}


def move_clock(state: State, faults: Faults, hours: float) -> Document:
    """Move the virtual clock of the whole sandbox by hours (negative: back)."""
    state.clock.move_by(timedelta(hours=hours))
    return {"now": stamp(state.now())}


def set_fault(state: State, faults: Faults, what: str, **conditions: Any) -> Document:
    """Switch a fault on; conditions: vendor, kind, path, method, tenant, count, every, seconds, status, pid ..."""
    if what not in tuple(What):
        raise ControlError(f"There is no fault {what!r}. Choose one of: {', '.join(What)}.")
    unknown = set(conditions) - set(FIELDS)
    if unknown:
        raise ControlError(f"A fault has no {', '.join(sorted(unknown))}. It has: {', '.join(FIELDS)}.")
    if conditions.get("tenant"):
        conditions["tenant"] = find_tenant(state, conditions["tenant"])["id"]
    if what == What.KILL and not conditions.get("pid"):
        raise ControlError("A kill needs the pid of the process that is to be killed.")
    return asdict(faults.add(What(what), conditions))


def clear_faults(state: State, faults: Faults, what: str = "") -> Document:
    """Switch every fault off, or those of one kind."""
    return {"cleared": faults.clear(what)}


def tenant(state: State, faults: Faults, tenant: str) -> Document:
    """Show one tenant: its SKUs, its partners, its PSA link."""
    return tenant_view(find_tenant(state, tenant))


def tenants(state: State, faults: Faults) -> list[Document]:
    """List all tenants."""
    return [
        {"id": t["id"], "name": t["name"], "domain": t["domain"], "cases": t["cases"]}
        for t in state.all("tenant")
    ]


def lines(state: State, faults: Faults, agreement: str) -> list[Document]:
    """Show an agreement's lines; the agreement may be an id or a tenant."""
    found = find_agreement(state, agreement)
    return [line_view(state, found, number) for number in found["additions"]]


def writes(state: State, faults: Faults) -> list[Document]:
    """List every write that a ConnectWise applied to a line, oldest first."""
    return state.all("cw_write")


def active_faults(state: State, faults: Faults) -> list[Document]:
    """List the faults that are on."""
    return [asdict(fault) for fault in faults.active()]


def mails(state: State, faults: Faults) -> list[Document]:
    """List what SendGrid accepted."""
    return state.all("mail")


_MICROSOFT = (
    *(microsoft.add_seats, microsoft.set_units, microsoft.buy, microsoft.assign, microsoft.unassign),
    microsoft.change_user,
    *(microsoft.add_tenant, microsoft.remove_tenant, microsoft.set_gdap, microsoft.remove_role),
    *(microsoft.grant_role, microsoft.remove_consent, microsoft.grant_consent, microsoft.tenant_trouble),
    *(microsoft.partner_trouble, microsoft.expire_secret, microsoft.renew_secret),
    *(optional.share_mailbox, optional.unshare_mailbox, optional.refuse_mailbox, optional.restrict_role),
    *(groups.set_group, groups.remove_group, groups.refuse_groups),
    *(optional.remove_app_consent, optional.set_renewal, optional.add_relationship),
)
_CONNECTWISE = (
    *(psa.edit_line, psa.set_prorate, psa.cancel_agreement, psa.set_limit, psa.set_bad_password),
    *(psa.set_psa_password, psa.set_missing_rights, psa.set_marker, psa.set_texts, psa.set_empty_dates),
    psa.set_paging,
    *(psa.hide_rows, psa.refuse_column, psa.retire_versions, psa.price_new_lines, psa.odd_agreement),
)
_HALO = (
    *(halo.halo_lines, halo.halo_edit_line, halo.halo_remove_line, halo.halo_remove_invoice),
    *(halo.halo_change_invoice, halo.halo_count_line, halo.halo_bill, halo.halo_writes),
    *(halo.halo_limit, halo.halo_rights, halo.halo_secret, halo.halo_habits),
)
_AUTOTASK = (
    *(autotask.autotask_lines, autotask.autotask_set_units, autotask.autotask_edit_service),
    *(autotask.autotask_remove_service, autotask.autotask_remove_contract, autotask.autotask_writes),
    *(autotask.autotask_limit, autotask.autotask_rights, autotask.autotask_secret, autotask.autotask_habits),
)
_BOTH = (
    churn,
    sign_in,
    rotate_sign_in_key,
    move_clock,
    set_fault,
    clear_faults,
    tenant,
    tenants,
    lines,
    writes,
    active_faults,
    mails,
    post.suppress_address,
    post.release_address,
)

ACTIONS: dict[str, Callable[..., Any]] = {
    action.__name__: action for action in (*_MICROSOFT, *_CONNECTWISE, *_HALO, *_AUTOTASK, *_BOTH)
}
