"""What costs others something is done so often and no more, by each account for itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.rate_limits import RateLimit, spend
from shared.errors import TooOften
from shared.storage.memory import MemoryTables
from shared.storage.tables import RowChange
from tests.shared.accounts.people import ACME, NOW, OTHER

LIMIT = RateLimit("psa", 3, timedelta(minutes=10))


@given(st.lists(st.integers(0, 400), min_size=1, max_size=40))
def test_no_span_of_ten_minutes_has_more_than_three(pauses: list[int]) -> None:
    done: list[datetime] = []
    tables, now = MemoryTables(), NOW
    for pause in pauses:
        now += timedelta(seconds=pause)
        lately = [at for at in done if now - at < LIMIT.within]
        if len(lately) < LIMIT.most:
            spend(tables, ACME, LIMIT, now)
            done.append(now)
        else:
            with pytest.raises(TooOften) as refused:
                spend(tables, ACME, LIMIT, now)
            assert now + refused.value.after == lately[0] + LIMIT.within


def test_one_account_uses_up_nothing_of_another() -> None:
    tables = MemoryTables()
    for _ in range(3):
        spend(tables, ACME, LIMIT, NOW)
    spend(tables, OTHER, LIMIT, NOW)
    with pytest.raises(TooOften):
        spend(tables, ACME, LIMIT, NOW)


def test_of_two_at_the_same_moment_both_are_counted() -> None:
    class Meanwhile(MemoryTables):
        """Somebody else does it between our look and our note."""

        first = True

        def commit(self, changes: Sequence[RowChange]) -> list[str]:
            if self.first:
                self.first = False
                spend(self, ACME, LIMIT, NOW)
            return super().commit(changes)

    tables = Meanwhile()
    spend(tables, ACME, LIMIT, NOW)
    spend(tables, ACME, LIMIT, NOW)
    with pytest.raises(TooOften):
        spend(tables, ACME, LIMIT, NOW)
