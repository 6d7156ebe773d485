"""The product names file and SendGrid, at the stand-ins."""

import csv
import io
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.skus import BY_PART_NUMBER, SKUS
from shared.http.client import Http
from shared.mail.base import UndeliverableReason
from shared.mail.sendgrid import SendGridSettings, SendGridTransport

NAMES = (
    "https://download.microsoft.com/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/"
    "Product%20names%20and%20service%20plan%20identifiers%20for%20licensing.csv"
)
SEND = "https://api.sendgrid.com/v3/mail/send"
MAIL = {
    "personalizations": [{"to": [{"email": "ops@example.com"}]}],
    "from": {"email": "seatwise@example.com"},
    "subject": "Two things to fix",
    "content": [{"type": "text/plain", "value": "Hello"}],
}
KEY = {"Authorization": "Bearer SG.sandbox-only-key"}


def _rows(session: requests.Session) -> list[dict[str, str]]:
    answer = session.get(NAMES, timeout=30)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def clock() -> datetime:
    return datetime.now(UTC)


def test_the_names_file_has_a_byte_order_mark_and_the_documented_columns(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert list(_rows(session)[0]) == [
        "Product_Display_Name",
        "String_Id",
        "GUID",
        "Service_Plan_Name",
        "Service_Plan_Id",
        "Service_Plans_Included_Friendly_Names",
    ]
    assert standins.counts()["names.csv"] == 1


def test_the_names_file_has_its_quirks(standins: RunningStandIns, session: requests.Session) -> None:
    rows = _rows(session)
    ids = {row["GUID"] for row in rows}
    names = {row["Product_Display_Name"] for row in rows if row["String_Id"] == "CCIBOTS_PRIVPREV_VIRAL"}
    assert any(key.endswith("\u00a0") for key in ids)
    assert any(key != key.lower() for key in ids)
    assert len(names) == 2


def test_some_skus_have_no_name(standins: RunningStandIns, session: requests.Session) -> None:
    named = {row["GUID"].strip().lower() for row in _rows(session)}
    missing = {sku.part_number for sku in SKUS if sku.id not in named}
    assert missing == {"PBI_PREMIUM_PER_USER", "Clipchamp_Premium"}


def test_the_table_has_no_id_twice() -> None:
    assert len({sku.id for sku in SKUS}) == len(SKUS) >= 45
    assert len(BY_PART_NUMBER) == len(SKUS)


def test_a_mail_is_accepted_and_kept(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.post(SEND, json=MAIL, headers=KEY, timeout=30)
    assert answer.status_code == 202
    kept = standins.control("mails")[-1]
    assert kept["message_id"] == answer.headers["X-Message-Id"]
    assert kept["mail"]["subject"] == "Two things to fix"


def test_a_wrong_key_is_401(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.post(SEND, json=MAIL, headers={"Authorization": "Bearer SG.wrong"}, timeout=30)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (401, None)


@pytest.mark.parametrize("without", ["personalizations", "from", "subject", "content"])
def test_a_mail_without_a_required_part_is_400(
    standins: RunningStandIns, session: requests.Session, without: str
) -> None:
    mail: dict[str, Any] = {name: part for name, part in MAIL.items() if name != without}
    answer = session.post(SEND, json=mail, headers=KEY, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(without)


def test_a_mail_may_be_accepted_although_no_answer_came(
    standins: RunningStandIns, session: requests.Session
) -> None:
    before = len(standins.control("mails"))
    standins.control("set_fault", what="timeout_after", kind="sendgrid.send", seconds=2, count=1)
    with pytest.raises(requests.RequestException):
        session.post(SEND, json=MAIL, headers=KEY, timeout=0.7)
    assert len(standins.control("mails")) == before + 1


@pytest.mark.parametrize("name", ["bounces", "invalid_emails", "spam_reports", "blocks", "global"])
def test_an_address_on_a_list_is_told_when_it_is_asked_for_and_its_mails_are_accepted_and_dropped(
    standins: RunningStandIns, session: requests.Session, name: str
) -> None:
    to = "ops@example.com"
    path = "asm/suppressions/global" if name == "global" else f"suppression/{name}"
    url = f"https://api.sendgrid.com/v3/{path}/{to}"
    empty = session.get(url, headers=KEY, timeout=30)
    assert (empty.status_code, empty.json()) == (200, {} if name == "global" else [])
    standins.control("suppress_address", address=to, on=name)
    try:
        found = session.get(url, headers=KEY, timeout=30).json()
        assert found == {"recipient_email": to} if name == "global" else found[0]["email"] == to
        assert session.post(SEND, json=MAIL, headers=KEY, timeout=30).status_code == 202
        assert standins.control("mails")[-1]["dropped"] is (name != "blocks")
    finally:
        assert standins.control("release_address", address=to)["from"] == [name]
    assert session.get(url, headers=KEY, timeout=30).json() == empty.json()
    assert session.get(url, headers={"Authorization": "Bearer SG.wrong"}, timeout=30).status_code == 401


def test_the_transport_learns_from_the_stand_in_that_an_address_gets_nothing(
    standins: RunningStandIns, session: requests.Session
) -> None:
    transport = SendGridTransport(
        SendGridSettings.model_validate({"api_key": "SG.sandbox-only-key"}), Http(session, time.sleep, clock)
    )
    to = "a/b&c@example.com"
    began = clock()
    assert transport.undeliverable(to, began) is None
    for name, reason in (
        ("bounces", UndeliverableReason.BOUNCED),
        ("spam_reports", UndeliverableReason.COMPLAINED),
        ("global", UndeliverableReason.UNSUBSCRIBED),
    ):
        standins.control("suppress_address", address=to, on=name)
        found = transport.undeliverable(to)
        assert found is not None
        assert found.reason is reason
        standins.control("release_address", address=to)
