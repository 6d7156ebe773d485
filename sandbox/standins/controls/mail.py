"""Controls of what SendGrid does with mails that it accepted."""

from sandbox.standins.controls.lookup import ControlError
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.sendgrid import LISTS


def suppress_address(
    state: State,
    faults: Faults,
    address: str,
    on: str = "bounces",
    reason: str = "550 5.1.1 no such user",
) -> Document:
    """Mails to the address come back from now on, and are dropped: on is bounces, blocks, spam_reports, global ..."""
    if on not in LISTS:
        raise ControlError(f"SendGrid has no list {on!r}. Choose one of: {', '.join(LISTS)}.")
    entry: Document = {"created": int(state.now().timestamp()), "email": address, "reason": reason}
    state.put(
        "suppressed", f"{on}|{address.lower()}", entry | ({"status": "5.1.1"} if on == "bounces" else {})
    )
    return {"on": on, **entry}


def release_address(state: State, faults: Faults, address: str) -> Document:
    """The address is taken off every list."""
    lists = [name for name in LISTS if state.find("suppressed", f"{name}|{address.lower()}")]
    for name in lists:
        state.remove("suppressed", f"{name}|{address.lower()}")
    return {"address": address, "from": lists}
