"""Deleting an account, sweep after sweep."""

import logging
from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import DeleteAccount, QueuedWork
from shared.errors import Rejected
from shared.storage.secrets import SecretsUnavailable
from shared.wiring import Wiring

bp = func.Blueprint()
_log = logging.getLogger("seatwise.deletion")


@bp.queue_trigger(arg_name="message", queue_name="delete-account", connection="AzureWebJobsStorage")
def delete_account(message: func.QueueMessage) -> None:
    handle(DeleteAccount, message, _delete)


def _delete(wired: Wiring, asked: DeleteAccount) -> Iterator[QueuedWork]:
    """One sweep. The next one is the tick's to ask for: whatever becomes of this message, it comes."""
    from shared.privacy.deletion import Stores, go_on

    try:
        found = go_on(Stores(wired.storage.tables, wired.blobs, wired.secrets), asked.account, wired.clock)
    except SecretsUnavailable as unavailable:
        raise Rejected(str(unavailable)) from None
    _log.info("%s: %d rows, blobs and secrets were deleted", asked.account, found)
    yield from ()
