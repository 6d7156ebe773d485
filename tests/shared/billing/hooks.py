"""Stand between Seatwise and its surroundings: look on, interfere, or end the process at a chosen moment."""

from collections.abc import Callable, Iterator, Sequence

from shared.billing.psa.base import Agreement, Evidence, Line, Product, Psa, PsaCompany, Write, WriteAnswer
from shared.storage.tables import Key, Row, RowChange, Tables

type Hook = Callable[[str], None]
"""Called with what is about to happen or has just happened: "before apply", "after commit" ..."""


class Killed(BaseException):
    """The process ends here. Not an Exception, so nothing of the product may catch it."""


class WatchedPsa:
    def __init__(self, inner: Psa, hook: Hook) -> None:
        self._inner, self._hook = inner, hook
        self.max_parallel = inner.max_parallel
        self.repeatable = inner.repeatable
        self.whole_document, self.creates_empty = inner.whole_document, inner.creates_empty
        self.ends_by = inner.ends_by
        self.text_with_quantity = inner.text_with_quantity

    def _watched[T](self, name: str, call: Callable[[], T]) -> T:
        self._hook(f"before {name}")
        result = call()
        self._hook(f"after {name}")
        return result

    def check(self) -> None:
        self._watched("check", self._inner.check)

    def companies(self) -> list[PsaCompany]:
        return self._watched("companies", self._inner.companies)

    def products(self) -> list[Product]:
        return self._watched("products", self._inner.products)

    def agreements(self) -> list[Agreement]:
        return self._watched("agreements", self._inner.agreements)

    def lines(self, agreement_id: str) -> list[Line]:
        return self._watched("lines", lambda: self._inner.lines(agreement_id))

    def apply(self, *writes: Write) -> WriteAnswer:
        return self._watched("apply", lambda: self._inner.apply(*writes))

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        return self._watched("find_effect", lambda: self._inner.find_effect(write, line_id))


class WatchedTables:
    def __init__(self, inner: Tables, hook: Hook) -> None:
        self._inner, self._hook = inner, hook

    def get(self, key: Key) -> Row | None:
        self._hook("before get")
        return self._inner.get(key)

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        self._hook("before rows")
        return self._inner.rows(partition, prefix, after)

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        self._hook("before commit")
        etags = self._inner.commit(changes)
        self._hook("after commit")
        return etags


class Once:
    """Do something at the n-th time that a moment comes, and never again."""

    def __init__(self, moment: str, action: Callable[[], object], *, nth: int = 1) -> None:
        self._moment, self._action, self._left = moment, action, nth

    def __call__(self, moment: str) -> None:
        if moment != self._moment:
            return
        self._left -= 1
        if self._left == 0:
            self._action()


class Death:
    """Ends the process at the n-th moment of any kind; what is dead does nothing any more."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self.dead = False
        self.last = ""

    def __call__(self, moment: str) -> None:
        if self.dead:
            raise Killed(self.last)
        self._left -= 1
        if self._left == 0:
            self.dead, self.last = True, moment
            raise Killed(moment)
