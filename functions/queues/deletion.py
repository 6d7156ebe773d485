"""Deleting an account, sweep after sweep."""

from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import DeleteAccount, QueuedWork
from shared.errors import RetryLater
from shared.storage.secrets import or_later
from shared.wiring import Wiring

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="delete-account", connection="AzureWebJobsStorage")
def delete_account(message: func.QueueMessage) -> None:
    handle(DeleteAccount, message, _delete)


def _delete(wired: Wiring, asked: DeleteAccount) -> Iterator[QueuedWork]:
    """The first sweep is never the last: what was at work meanwhile may have stored something."""
    from shared.privacy import deletion
    from shared.privacy.deletion import Stores

    if not deletion.is_asked_for(wired.tables, asked.account):
        return
    with or_later():
        found = deletion.sweep(Stores(wired.storage.tables, wired.blobs, wired.secrets), asked.account)
    if found or not asked.attempt:
        raise RetryLater(deletion.AGAIN, f"{asked.account}: {found} rows, blobs and secrets were deleted")
    deletion.end(wired.tables, asked.account)
    yield from ()
