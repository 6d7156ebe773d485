"""The list of mails and sending a failed one again, as the HTTP API offers them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from functions.queues.alerts import judge_again, mailer
from functions.queues.edge import send
from sandbox.operator.decisions import reached
from sandbox.standins.controls.commands import ControlError
from shared.accounts.directory import account_ids, load_account
from shared.alerts.digest import send as digest_mails
from shared.errors import NotFound, Rejected, RetryLater
from shared.mail.records import MailRow, MailState
from shared.mail.records import mails as rows
from shared.storage.keys import AccountId
from shared.wiring import Wiring


def mails(state: Path, do: str, words: Sequence[str]) -> Any:
    """`mails` lists them, the newest first; `send-again ID` repeats one that was refused or may not have arrived."""
    with reached(state) as wiring:
        found = [
            (account, mail) for account in account_ids(wiring.tables) for mail in rows(wiring.tables, account)
        ]
        if do == "mails":
            found.sort(key=lambda found_mail: found_mail[1].since, reverse=True)
            return [_shown(account, mail) for account, mail in found]
        chosen = [(account, mail) for account, mail in found if words and words[0] == mail.mail_id]
        if not chosen:
            raise ControlError("Say which mail to send again: an id of `mails`.")
        return [_send_again(wiring, account, mail) for account, mail in chosen]


def _send_again(wiring: Wiring, account: AccountId, mail: MailRow) -> dict[str, Any]:
    whole = load_account(wiring.tables, account)
    try:
        outcome = digest_mails.send_again(mailer(wiring), whole, mail.mail_id, wiring.clock())
    except (NotFound, Rejected, RetryLater) as not_done:
        raise ControlError(str(not_done)) from not_done
    for work in judge_again(wiring, account):
        send(wiring, work)
    if outcome.state is None:
        became = "nothing to say any more"
    else:
        became = "sent before" if outcome.state is MailState.DONE and not outcome.sent_now else outcome.state
    return {**_shown(account, mail), "again": became, "why_again": outcome.why}


def _shown(account: AccountId, mail: MailRow) -> dict[str, Any]:
    return {
        "id": mail.mail_id,
        "account": account,
        "kind": mail.kind,
        "on": mail.on.isoformat(),
        "to": mail.recipient,
        "state": str(mail.state),
        "since": mail.since.isoformat(),
        "subject": mail.subject,
        "why": mail.why,
    }
