"""A link names one thing, for one purpose, for thirty days, under one of the keys in use."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from shared.alerts.exclude_link.link import LINKED, LIVES, PATH, Expired, Forged, Link, Links
from shared.alerts.models import Finding, Slug
from shared.alerts.rules import BY_SLUG
from shared.storage.keys import account_id

NOW = datetime(2026, 11, 20, 7, 0, 0, 123, tzinfo=UTC)
ACME = account_id("acme")
OLD, NEW, NEWEST = (bytes([number]) * 32 for number in (1, 2, 3))
BASE = "https://seatwise.msp.example"


def finding(slug: str = Slug.UNUSED_LICENSES, tenant: str = "t1", skus: tuple[str, ...] = ("e3",)) -> Finding:
    return Finding(
        slug=slug, identity="i", scope="s", tenant_id=tenant, skus=skus, who="Contoso", what="W.", fix="F."
    )


def token(of: Finding | None = None, *keys: bytes, now: datetime = NOW) -> str:
    url = Links(BASE, keys or (NEW, OLD)).url(ACME, of or finding(), "Clerk@msp.example", now)
    assert url.startswith(f"{BASE}{PATH}")
    return url.removeprefix(f"{BASE}{PATH}")


def read(text: str, *keys: bytes, now: datetime = NOW) -> Link:
    return Links(BASE, keys or (NEW, OLD)).read(text, now)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT.filter(bool), st.lists(TEXT, min_size=1, max_size=3).map(tuple))
def test_a_link_says_what_it_was_made_for(tenant: str, skus: tuple[str, ...]) -> None:
    link = read(token(finding(tenant=tenant, skus=skus)))
    assert (link.account, link.slug, link.tenant_id, link.skus) == (ACME, Slug.UNUSED_LICENSES, tenant, skus)
    assert link.made_at == NOW.replace(microsecond=0)


def test_an_address_is_no_part_of_the_url() -> None:
    packed = token()[1:].rpartition(".")[0]
    is_small = packed.startswith(".")
    raw = base64.urlsafe_b64decode(packed.lstrip(".") + "==")
    said = (zlib.decompress(raw) if is_small else raw).decode().lower()
    assert "e3" in said
    assert "clerk" not in said
    assert "msp.example" not in said


def test_a_link_is_short_enough_for_every_server_and_has_nothing_to_quote() -> None:
    some_id = "c7df2760-2c81-4ef7-b578-5b5392b571df"
    url = Links(BASE, [NEW]).url(
        account_id("a" * 40), finding(tenant=some_id, skus=(some_id,)), "a@b.example", NOW
    )
    assert len(url.rpartition("/")[2]) < 260
    assert not set(url.removeprefix("https://")) & set("%?#=&+ ")


@pytest.mark.parametrize("slug", BY_SLUG)
def test_only_rows_that_may_be_excluded_by_a_link_have_one(slug: str) -> None:
    links = Links(BASE, [NEW])
    assert bool(links.url(ACME, finding(slug), "a@b.example", NOW)) == (slug in LINKED)
    assert not links.url(ACME, finding(slug, tenant=""), "a@b.example", NOW)
    without_sku = links.url(ACME, finding(slug, skus=()), "a@b.example", NOW)
    assert bool(without_sku) == (slug == Slug.TENANT_NOT_ADDED)


def test_a_link_works_for_thirty_days_to_the_second() -> None:
    text = token()
    made = NOW.replace(microsecond=0)
    assert read(text, now=made + LIVES)
    with pytest.raises(Expired):
        read(text, now=made + LIVES + timedelta(seconds=1))


def test_after_a_key_rotation_old_links_work_until_their_key_is_dropped() -> None:
    text = token(None, OLD)
    assert read(text, NEW, OLD)
    with pytest.raises(Forged):
        read(text, NEWEST, NEW)
    assert read(token(None, NEW, OLD), NEW)


def test_what_was_signed_for_another_purpose_is_refused() -> None:
    content = ["acme", "unused_licenses", "t1", ["e3"], "00000000", int(NOW.timestamp())]
    how = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    for salt, accepted in (("seatwise.exclude.1", True), ("seatwise.approve.1", False), ("", False)):
        text = "1" + str(URLSafeSerializer(NEW, salt=salt, signer_kwargs=how).dumps(content))
        if accepted:
            assert read(text).tenant_id == "t1"
            continue
        with pytest.raises(Forged):
            read(text)


@given(st.data())
def test_a_token_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    text = token()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_.") | st.just(""))
    changed = text[:at] + other + text[at + 1 :]
    try:
        link = read(changed)
    except Forged:
        return
    # Base64 has spare bits at its end: another spelling of the very same signature.
    assert link == read(text)
    assert at == len(text) - 1 or changed == text


@given(
    st.text(max_size=200)
    | st.text("1.eJ-_", max_size=60)
    | st.binary(max_size=80).map(lambda b: "1" + b.hex())
)
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(Forged):
        read(text)


@pytest.mark.parametrize(
    "content",
    [
        None,
        5,
        "x",
        [],
        {},
        ["acme"],
        ["acme", "push_held"] * 3,
        [[]] * 6,
        ["acme", "push_held", "t1", [], "", 5],
    ],
)
def test_what_is_signed_but_no_link_is_refused(content: object) -> None:
    how = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    with pytest.raises(Forged):
        read("1" + str(URLSafeSerializer(NEW, salt="seatwise.exclude.1", signer_kwargs=how).dumps(content)))


def test_without_a_key_there_are_no_links() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Links(BASE, [])
