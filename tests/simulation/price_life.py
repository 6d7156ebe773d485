"""What becomes of prices: those of products in a PSA, those of lines, and what billing profiles mean."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sandbox.standins.controls.commands import control
from sandbox.standins.state import Document, stamp
from sandbox.standins.worlds.skus import BY_ID
from shared.billing.mapping.choices import mappings_of
from shared.billing.models import BlockReason, LicenceMapping, LineRecord, PriceRule, TenantMappings
from tests.simulation.installation import Installation
from tests.simulation.mapping_life import MSP, PRICES, MappingLife, replaced
from tests.simulation.prices import LINES, PRODUCTS, Prices, charged

EDITOR: Final = "dsilva"
"""Who changes prices: not who changes seats, so that no seat is excused by it."""
_USUAL: Final = 10.0
_PRICED: Final = (
    BlockReason.OTHER_PRICE,
    BlockReason.NO_PRICE,
    BlockReason.NO_PRODUCT_PRICE,
    BlockReason.OTHER_BILLING,  # a line of Halo without a price
)


class PriceLife:
    """`lines` are those that bill a licence: kind of document, its key, number of the line."""

    def __init__(
        self,
        installation: Installation,
        mappings: MappingLife,
        prices: Prices,
        lines: Callable[[], list[tuple[str, str, str]]],
    ) -> None:
        self._installation, self._state = installation, installation.state
        self._mappings, self._prices, self._lines = mappings, prices, lines

    def catalogue_price_changed(self, chance: random.Random) -> None:
        """A product costs more or less from now on, or has no price for a while."""
        kind = chance.choice(list(PRODUCTS))
        products = [product for product in self._state.all(kind) if product["site"] != "sim-preview"]
        product, name = chance.choice(products), PRODUCTS[kind]
        factor = chance.choice((0.9, 1.05, 1.1, 1.25, 0.0))
        self._set_product(kind, product, round((product[name] or _USUAL) * factor, 2))

    def price_edited_by_hand(self, chance: random.Random) -> None:
        """A person charges another price on a line, or nothing."""
        ended = self._mappings.decided.ended
        lines = [place for place in self._lines() if place[2] not in ended]
        if lines:
            self.set_price(*chance.choice(lines), Decimal(chance.choice(("0", "7.5", "11.11", "24"))))

    def price_rule_changed(self, chance: random.Random, tenant: Document) -> None:
        """A licence is billed by another profile of the same product."""
        before = mappings_of(self._mappings.tables, MSP, tenant["id"])
        billing = [mapping for mapping in before.mappings if mapping.bill and mapping.sku_id in BY_ID]
        if billing:
            self.bill_at(before, chance.choice(billing), chance.choice(PRICES))

    def bill_at(self, before: TenantMappings, changed: LicenceMapping, price: PriceRule) -> None:
        product = self._mappings.product_of(changed.connection, BY_ID[changed.sku_id].product)
        profile = self._mappings.profile(changed.connection, product, price)
        self._mappings.save(replaced(before, changed, changed.model_copy(update={"profile": profile})))
        self._mappings.decided.means(changed.id, price, self._installation.clock.now())

    def put_right(self, line: LineRecord, mapping: LicenceMapping | None) -> None:
        """A person enters what the line of a mapping is to charge: what counts as another price goes on then."""
        is_priced = line.blocked is not None and line.blocked.reason in _PRICED
        place = next((place for place in self._lines() if place[2] == line.line_id), None)
        if not is_priced or mapping is None or place is None:
            return
        now = self._installation.clock.now()
        rules = self._mappings.decided.prices.get(mapping.id, [(now, PriceRule())])
        (of_product,) = self._prices.of_product(line.line_id, now, now)
        self.set_price(*place, charged(rules[-1][1], of_product) or of_product or Decimal(_USUAL))

    def all_have_a_price(self) -> None:
        for kind, name in PRODUCTS.items():
            for product in self._state.all(kind):
                if not product[name]:
                    self._set_product(kind, product, _USUAL)

    def set_price(self, kind: str, key: str, number: str, price: Decimal) -> None:
        self._prices.note()
        within, field, _, _ = LINES[kind]
        edit: Document = {field: float(price)}
        if kind == "halo_invoice":
            words = {"invoice": key.split("/")[1], "line": int(number), "by": EDITOR, **edit}
            control(self._state, {"do": "halo_edit_line", **words}, self._installation.stand_ins.faults)
        else:
            if kind == "cw_agreement":
                edit |= {"updated": stamp(self._state.now()), "updatedBy": EDITOR}
            self._state.change(kind, key, lambda document: document[within][number].update(edit))
        self._prices.note()

    def _set_product(self, kind: str, product: Document, price: float) -> None:
        name = PRODUCTS[kind]
        self._state.change(
            kind, f"{product['site']}/{product['id']}", lambda document: document.update({name: price})
        )
        self._prices.note()
