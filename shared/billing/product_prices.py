"""K6: prices that track a product's price in the PSA are worked out from that one as it is at the look."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from threading import Lock

from shared.billing.models import AgreementRecord
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import Psa


class ProductPrices:
    """The prices of a PSA's products, read once, when the first is asked for. Raises PsaUnavailable or PsaRefused."""

    def __init__(self, psa: Psa) -> None:
        self._psa, self._reading = psa, Lock()
        self._prices: dict[str, Decimal] | None = None

    def __call__(self, product_id: str) -> Decimal | None:
        """None: there is no such product, or it has no price."""
        with self._reading:
            if self._prices is None:
                self._prices = {product.id: product.price for product in self._psa.products()}
            return self._prices.get(product_id)


type PriceOf = Callable[[str], Decimal | None]
"""Of a product by its id."""


def tracked(wish: Wish, price_of: PriceOf) -> Wish:
    """With its product's price, if its own follows from that."""
    return replace(wish, product_price=price_of(wish.product_id)) if wish.price.tracks else wish


def priced(record: AgreementRecord, wishes: Mapping[str, Wish], price_of: PriceOf) -> dict[str, Wish]:
    """The wishes of the record's lines, each with its product's price where it needs that."""
    return {name: tracked(wishes[name], price_of) for name in record.lines if name in wishes}
