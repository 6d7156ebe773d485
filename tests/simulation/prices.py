"""What a line charges for a seat: the prices of products and lines at any time, by arithmetic of its own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.standins.state import State
from shared.billing.models import AgreementRecord, BlockReason, LineRecord, PriceKind, PriceRule
from tests.simulation.mapping_life import Decided
from tests.simulation.truth import Applied, SecondLine

_LATE = timedelta(hours=3)
"""A write goes by a look that is at most so much older than its effect."""
LINES = {
    "cw_agreement": ("additions", "unitPrice", "cw_product", "product"),
    "halo_invoice": ("lines", "unit_price", "halo_item", "_itemid"),
    "at_contract": ("services", "adjustedPrice", "at_service", "serviceID"),
}
"""Where a line is, its price, and the product that it bills: its kind, and where its number is."""
PRODUCTS = {"cw_product": "price", "halo_item": "price", "at_service": "unitPrice"}
"""Where a product has its price."""
type _History[Value] = list[tuple[datetime, Value]]


class Prices:
    """Looks at every price again and again, as a clerk with a notebook would."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._products: dict[str, _History[Decimal]] = {}
        self._lines: dict[str, _History[Decimal]] = {}
        self._product_of: dict[str, str] = {}
        self.note()

    def note(self) -> None:
        """Remember what is charged from now on; before and after everything that changes it."""
        now = self._state.now()
        for kind, price in PRODUCTS.items():
            for product in self._state.all(kind):
                key = f"{kind}/{product['site']}/{product['id']}"
                _remember(self._products.setdefault(key, []), now, _money(product[price]))
        for kind, (within, price, product_kind, number) in LINES.items():
            for agreement in self._state.all(kind):
                for line, found in agreement[within].items():
                    self._product_of[line] = f"{product_kind}/{agreement['site']}/{found[number]}"
                    _remember(self._lines.setdefault(line, []), now, _money(found[price]))

    def of_new(self, line: str) -> Decimal | None:
        """What a line charged when it was made; None: it is gone again."""
        known = self._lines.get(line)
        return known[0][1] if known else None

    def of_line(self, line: str, since: datetime, until: datetime) -> set[Decimal]:
        return _within(self._lines.get(line, []), since, until)

    def of_product(self, line: str, since: datetime, until: datetime) -> set[Decimal]:
        """Of what the line bills."""
        return _within(self._products.get(self._product_of.get(line, ""), []), since, until)


def meant(
    decided: Decided, prices: Prices, mapping: str, line: str, since: datetime, until: datetime
) -> set[Decimal | None]:
    """What the line of a mapping was to charge at any time between the two; None is whatever the PSA says."""
    rules = _within(decided.prices.get(mapping, []), since, until)
    return {charged(rule, price) for rule in rules for price in prices.of_product(line, since, until)}


def charged(rule: PriceRule, of_product: Decimal) -> Decimal | None:
    """None: whatever the PSA says, and where the price follows from the product's and that is 0."""
    if rule.kind is PriceKind.FIXED:
        return rule.amount
    if rule.kind is PriceKind.PERCENT and of_product:
        more = of_product * rule.amount / 100
        return (of_product + more).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return None


def new_prices(
    decided: Decided, prices: Prices, made: Iterable[Applied], mapping_of: Mapping[str, str]
) -> Iterator[str]:
    """What we made charges what its billing profile means, or else what its product costs, by prices of that day."""
    for write in made:
        mapping, price = mapping_of.get(write.line, ""), prices.of_new(write.line)
        if not mapping or price is None:
            continue
        since = write.at - _LATE
        right = meant(decided, prices, mapping, write.line, since, write.at)
        if not right or None in right:
            right |= prices.of_product(write.line, since, write.at)
        if price not in right:
            yield f"price: line {write.line} charges {price} for a seat, not {_told(right)}"


def written_prices(
    decided: Decided, prices: Prices, changed: Iterable[Applied], mapping_of: Mapping[str, str]
) -> Iterator[str]:
    """A line that charges something else than its billing profile means gets no number."""
    for write in changed:
        mapping, since = mapping_of.get(write.line, ""), write.at - _LATE
        right = meant(decided, prices, mapping, write.line, since, write.at)
        there = prices.of_line(write.line, since, write.at)
        if mapping in decided.prices and None not in right and not right & there:
            yield f"price: line {write.line} got {write.after} seats and charges {_told(there)}, not {_told(right)}"


def second_prices(
    prices: Prices, seconds: Iterable[tuple[SecondLine, datetime]], mapping_of: Mapping[str, str]
) -> Iterator[str]:
    """What is billed beside a line charges what that line does."""
    for second, at in seconds:
        mains = [line for line, mapping in mapping_of.items() if mapping == second.mapping]
        right = {price for line in mains for price in prices.of_line(line, at - _LATE, at)}
        price = prices.of_new(second.line)
        if price is not None and right and price not in right:
            yield f"price: second line {second.line} charges {price}, and its main line {_told(right)}"


def line_prices(
    decided: Decided,
    prices: Prices,
    looked: Iterable[tuple[AgreementRecord, LineRecord, bool]],
    now: datetime,
) -> Iterator[str]:
    """A line in step charges what it should, and one that counts as charging another price truly does.

    Each with whether it is in step.
    """
    for record, line, is_quiet in looked:
        if record.read_at is None or not line.line_id:
            continue
        since = record.read_at - _LATE
        right = meant(decided, prices, line.mapping_id, line.line_id, since, now)
        there = prices.of_line(line.line_id, since, now)
        if line.mapping_id in decided.prices and is_quiet and None not in right and not right & there:
            yield f"price: line {line.line_id} is in step, and charges {_told(there)}, not {_told(right)}"
        is_other = line.blocked is not None and line.blocked.reason is BlockReason.OTHER_PRICE
        if is_other and right == there and len(right) == 1:
            yield f"price: line {line.line_id} counts as charging another price than {_told(right)}, and charges it"


def charges_as_meant(decided: Decided, prices: Prices, mapping: str, line: str, now: datetime) -> bool:
    right = meant(decided, prices, mapping, line, now, now)
    return mapping not in decided.prices or None in right or bool(right & prices.of_line(line, now, now))


def _remember[Value](known: _History[Value], now: datetime, value: Value) -> None:
    if not known or known[-1][1] != value:
        known.append((now, value))


def _within[Value](known: _History[Value], since: datetime, until: datetime) -> set[Value]:
    """What was so at the first of the two, and each change until the second."""
    before = [value for at, value in known if at <= since]
    found = {value for at, value in known if since < at <= until} | set(before[-1:])
    return found or {value for _, value in known[:1]}


def _money(number: float) -> Decimal:
    return Decimal(str(number)).normalize()


def _told(prices: Iterable[Decimal | None]) -> str:
    return (
        " or ".join(sorted("its product's" if price is None else f"{price:f}" for price in prices)) or "any"
    )
