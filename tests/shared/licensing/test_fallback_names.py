"""Our own names of SKUs: the same ids and names as in the file that the stand-ins serve, and no plan's id."""

import csv
import io

import pytest

from sandbox.standins.vendors.product_names import COLUMNS, Names
from sandbox.standins.worlds.skus import SKUS, Sku, SkuKind
from shared.licensing.fallback_names import FALLBACK_NAMES
from shared.licensing.product_names import parse
from shared.licensing.watched_skus import FREE, PHONE_RESOURCE_ACCOUNTS, is_watched
from tests.shared.billing.world import sku
from tests.shared.licensing.bought import bought
from tests.shared.licensing.test_licences import snapshot

BY_ID = {one.id: one for one in SKUS}


@pytest.mark.parametrize("sku_id", FALLBACK_NAMES)
def test_every_name_of_ours_is_of_a_sku_that_microsoft_calls_so(sku_id: str) -> None:
    assert BY_ID[sku_id].name == FALLBACK_NAMES[sku_id]


def test_every_sku_that_costs_money_has_a_name_of_ours() -> None:
    assert {one.id for one in SKUS if one.kind is SkuKind.PAID} == FALLBACK_NAMES.keys()


def test_power_automate_per_user_has_the_id_of_the_product_and_not_of_a_plan() -> None:
    assert FALLBACK_NAMES["4a51bf65-409c-4a91-b845-1121b571cc9d"] == "Power Automate per user plan"
    assert "4a51bca5-1eff-43f5-878c-177680f191af" not in FALLBACK_NAMES


def test_no_id_of_ours_is_that_of_a_service_plan() -> None:
    plans = {plan.id for one in SKUS for plan in one.plans}
    assert not plans & FALLBACK_NAMES.keys()
    assert not plans & BY_ID.keys()


def test_the_file_that_the_stand_ins_serve_names_them_alike() -> None:
    served = parse(Names()._file)
    assert served
    assert all(FALLBACK_NAMES.get(sku_id, name) == name for sku_id, name in served.items())
    rows = list(csv.DictReader(io.StringIO(Names()._file.decode("utf-8-sig")), fieldnames=COLUMNS))[1:]
    assert {row["GUID"].strip().lower() for row in rows} <= BY_ID.keys()


@pytest.mark.parametrize("sold", SKUS, ids=lambda sold: sold.part_number)
def test_what_costs_nothing_there_is_free_here_and_what_costs_money_is_not(sold: Sku) -> None:
    applies_to = "Company" if sold.kind is SkuKind.COMPANY else "User"
    there = sku(sold.id, 10, part_number=sold.part_number, applies_to=applies_to)
    assert is_watched(there, snapshot((there,), bought(there))) is (sold.kind is SkuKind.PAID)


def test_a_free_part_number_is_of_no_sku_that_costs_money() -> None:
    paid = {one.part_number for one in SKUS if one.kind is SkuKind.PAID}
    assert not paid & {*FREE, PHONE_RESOURCE_ACCOUNTS}
