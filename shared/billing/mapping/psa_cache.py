"""What the PSAs say at the moment of a save, each list asked for once."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from shared.billing.psa.base import (
    Agreement,
    EndsBy,
    Line,
    NotThere,
    Product,
    Psa,
    PsaRefused,
    PsaUnavailable,
)
from shared.errors import Rejected


class PsaCache:
    """The signed-in PSA connections by id. Every method raises Rejected when the PSA cannot be read."""

    def __init__(self, psas: Mapping[str, Psa]) -> None:
        self._psas = psas
        self._agreements: dict[str, dict[str, Agreement]] = {}
        self._products: dict[str, dict[str, Product]] = {}
        self._lines: dict[tuple[str, str], dict[str, Line]] = {}

    def ends_by(self, connection: str) -> EndsBy:
        """How the connection's PSA ends a line on a day."""
        psa = self._psas.get(connection)
        return psa.ends_by if psa is not None else EndsBy.A_PERSON

    def agreement(self, connection: str, agreement_id: str) -> Agreement | None:
        """As the connection's list shows it; None when it is not in there."""
        if connection not in self._agreements:
            listed = self._ask(connection, lambda psa: psa.agreements())
            self._agreements[connection] = {agreement.id: agreement for agreement in listed}
        return self._agreements[connection].get(agreement_id)

    def product(self, connection: str, product_id: str) -> Product | None:
        """As the connection's list shows it; None when it is not in there."""
        if connection not in self._products:
            listed = self._ask(connection, lambda psa: psa.products())
            self._products[connection] = {product.id: product for product in listed}
        return self._products[connection].get(product_id)

    def price(self, connection: str, product_id: str) -> Decimal | None:
        """Of a product; None when it is not in the list."""
        product = self.product(connection, product_id)
        return product.price if product else None

    def lines(self, connection: str, agreement_id: str) -> dict[str, Line]:
        """The lines of an agreement by id."""
        key = connection, agreement_id
        if key not in self._lines:
            listed = self._ask(connection, lambda psa: psa.lines(agreement_id))
            self._lines[key] = {line.id: line for line in listed}
        return self._lines[key]

    def lines_that_may_bill(self, connection: str, agreement_id: str) -> dict[str, Line]:
        """None of an inactive agreement, and of one that the list does not show only when the PSA does not know it."""
        agreement = self.agreement(connection, agreement_id)
        if agreement is not None:
            return self.lines(connection, agreement_id) if agreement.active else {}
        listed = self._ask(connection, lambda psa: _lines_if_there(psa, agreement_id))
        return {line.id: line for line in listed}

    def _ask[T](self, connection: str, question: Callable[[Psa], T]) -> T:
        psa = self._psas.get(connection)
        if psa is None:
            raise Rejected(f"There is no PSA connection '{connection}' any more. An admin connects it again.")
        try:
            return question(psa)
        except PsaUnavailable as why:
            raise Rejected(
                f"Nothing was saved, because the PSA could not be read: {why} Save again in a few minutes."
            ) from why
        except PsaRefused as why:
            raise Rejected(f"Nothing was saved, because the PSA refuses to be read: {why.sentence}") from why


def _lines_if_there(psa: Psa, agreement_id: str) -> list[Line]:
    try:
        return psa.lines(agreement_id)
    except NotThere:
        return []
