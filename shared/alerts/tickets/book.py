"""What is kept of an account's tickets while one message works on them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NoReturn

from shared.alerts.models import Alert
from shared.alerts.tickets.models import Ticket, TicketsState, opening
from shared.billing.psa.base import PsaRefused
from shared.billing.psa_connections import ConnectionFailure
from shared.errors import RetryLater
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Delete, Insert, Key, Put, Replace, Row, RowChange, Tables

PAUSE: Final = timedelta(minutes=2)
"""At least so long: a pause that is just over leaves room for one call, and a message has not many attempts."""


class TicketBook:
    """Each change is one transaction with the account's state. False: another message was faster, so it is not ours."""

    def __init__(
        self,
        tables: Tables,
        account: AccountId,
        state: TicketsState,
        today: date,
        clock: Callable[[], datetime],
    ) -> None:
        self.tables, self.account, self.state = tables, account, state
        self.today, self.clock = today, clock
        rows = tables.rows(keys.alerts(account), keys.TICKETS)
        self._kept: dict[Key, tuple[Ticket, str]] = {row.key: _read(row) for row in rows}
        self._later: timedelta | None = None

    def kept(self) -> Sequence[Ticket]:
        return [ticket for ticket, _ in self._kept.values()]

    def of(self, alert: Alert) -> Ticket | None:
        return self._at(keys.ticket(self.account, *opening(alert)))

    def current(self, ticket: Ticket) -> Ticket | None:
        """As it is kept by now; None when nothing more is to be done for it."""
        return self._at(ticket.key(self.account))

    def _at(self, key: Key) -> Ticket | None:
        kept = self._kept.get(key)
        return kept[0] if kept else None

    def write(self, ticket: Ticket, **state: object) -> bool:
        key = ticket.key(self.account)
        kept = self._kept.get(key)
        etag = self._commit(Replace(key, ticket, kept[1]) if kept else Insert(key, ticket), state)
        if etag is not None:
            self._kept[key] = ticket, etag
        return etag is not None

    def end(self, ticket: Ticket) -> bool:
        """Nothing more is to be done for it."""
        return self._take_out(ticket, Put(ticket.ended_key(self.account), ticket))

    def forget(self, ticket: Ticket) -> bool:
        """It was never made, and its alert is closed."""
        return self._take_out(ticket)

    def _take_out(self, ticket: Ticket, *more: RowChange) -> bool:
        key = ticket.key(self.account)
        _, etag = self._kept.pop(key)
        return self._commit(Delete(key, etag), {}, *more) is not None

    def put_off(self, waiting: int) -> None:
        """So many alerts get their ticket on another day."""
        if waiting != self.state.waiting:
            self._save(waiting=waiting)

    def failed(self, refused: PsaRefused, connection: str) -> None:
        """Nothing can be done for tickets today: one failure, however many tickets wait."""
        failure = ConnectionFailure.of(connection, refused)
        failure = failure.model_copy(update={"found_at": self.clock()})
        self._save(failure=failure, failed_on=self.today)

    def works(self) -> None:
        """The PSA does what it is asked for: what was wrong is over."""
        if self.state.failure is not None:
            self._save(failure=None, failed_on=None)

    def pause(self, after: timedelta, why: str) -> NoReturn:
        """Nothing more is asked for now. Raises RetryLater."""
        raise RetryLater(max(after, PAUSE), f"tickets: {why}")

    def later(self, after: timedelta) -> None:
        self._later = after if self._later is None else min(self._later, after)

    def wait_if_needed(self) -> None:
        """Raises RetryLater for what must be looked at again soon."""
        if self._later is not None:
            raise RetryLater(self._later, "a ticket of which no answer came")

    def _save(self, **state: object) -> None:
        self.state = self.state.model_copy(update=state)
        self.tables.commit([Put(keys.tickets_state(self.account), self.state)])

    def _commit(self, first: RowChange, state: dict[str, object], *more: RowChange) -> str | None:
        """The new ETag of the first row; None when it was not as it was read."""
        after = self.state.model_copy(update=state)
        try:
            etag = self.tables.commit([first, Put(keys.tickets_state(self.account), after), *more])[0]
        except Conflict:
            return None
        self.state = after
        return etag


def _read(row: Row) -> tuple[Ticket, str]:
    return row.read(Ticket), row.etag
