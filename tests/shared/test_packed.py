"""What is packed by tenant comes back as it was put in, and takes a fraction of its memory."""

import tracemalloc
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from shared.packed import ByTenant


class Line(NamedTuple):
    id: str
    price: Decimal | None


lines = st.builds(Line, st.text(), st.none() | st.decimals(allow_nan=False))


@given(st.lists(st.lists(st.tuples(st.sampled_from(["contoso", "fabrikam", ""]), lines))))
def test_each_tenant_has_its_own_in_the_order_in_which_they_came(
    batches: list[list[tuple[str, Line]]],
) -> None:
    packed = ByTenant[Line]()
    for batch in batches:
        packed.add(batch)
    for tenant in ("contoso", "fabrikam", "", "nobody"):
        assert packed.of(tenant) == [line for batch in batches for of, line in batch if of == tenant]


def test_a_tenants_lines_take_less_than_a_kilobyte() -> None:
    packed, tenants, each = ByTenant[Line](), 200, 28
    tracemalloc.start()
    try:
        for tenant in range(tenants):
            packed.add(
                (f"tenant{tenant}", Line(f"mapping{tenant * each + n}", Decimal(n))) for n in range(each)
            )
        assert tracemalloc.get_traced_memory()[0] / tenants < 1000
    finally:
        tracemalloc.stop()
