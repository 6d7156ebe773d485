"""Every control of a sandbox: the vendors' side, the clock, and a person's word."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.standins.controls import commands
from sandbox.standins.controls.commands import ControlError

OWN = """\
  clock [+8h]                                                    Tell the clock, or move it forward.
  held                                                           List the changes that wait for a person's word.
  approve CHANGE                                                 Let a held change be written (`all`: each of them).
  reject CHANGE                                                  Leave a held change unwritten (`all`: each of them).
  sync-now [COMPANY]                                             Sync every account now, or the tenant of a company.
  mails                                                          List the mails, the newest first.
  send-again ID                                                  Send a mail again that may not have arrived.
  exclusions                                                     List what was excluded by the links in the mails.
  include ID                                                     Remove an exclusion (`all`: each of them).
  removed                                                        List the tenants that left every partner connection.
  confirm-removed TENANT DATE                                    It has left; DATE is the last day to bill.
  dismiss-removed TENANT                                         Say nothing of it for 30 days.
  doctor                                                         Whether all is well; what is not, with its cure."""
"""The controls of Seatwise's own side, as `--help` shows them."""


def control(state: Path, words: Sequence[str]) -> Any:
    """Carry out one control, on a running or a stopped sandbox. Raises ControlError with the sentence to show."""
    name = words[0] if words else ""
    match name:
        case "clock":
            return _clock(state, words[1:])
        case "held" | "approve" | "reject":
            from sandbox.operator.decisions import decisions

            return decisions(state, name, words[1:])
        case "sync-now":
            from sandbox.operator.sync_now import sync

            return sync(state, words[1:])
        case "mails" | "send-again":
            from sandbox.operator.mails import mails

            return mails(state, name, words[1:])
        case "exclusions" | "include":
            from sandbox.operator.exclusions import exclusions

            return exclusions(state, name, words[1:])
        case "removed" | "confirm-removed" | "dismiss-removed":
            from sandbox.operator.removals import decide

            return decide(state, name, words[1:])
        case "doctor":
            from sandbox.operator.doctor import doctor

            return doctor(state)
        case _:
            return commands.send(state, commands.parse(words))


def _clock(state: Path, words: Sequence[str]) -> str:
    """`clock` tells it; `clock +8h`, `clock +2d` or `clock 2027-01-01T02:00Z` moves it, forward only."""
    clock = SandboxClock(state)
    if words:
        target = _instant(words[0], clock.now())
        if target < clock.now():
            raise ControlError("The clock only moves forward: leases and schedules would come apart.")
        clock.move_to(target)
    return f"The sandbox's clock is at {clock.now():%Y-%m-%d %H:%M:%S} UTC."


def _instant(word: str, now: datetime) -> datetime:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if word[:1] == "+" and word[1:-1].isdigit() and word[-1] in units:
        return now + timedelta(**{units[word[-1]]: int(word[1:-1])})
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ControlError(f"'{word}' is not a time: say +30m, +8h, +2d or 2027-01-01T02:00Z.")
    return found
