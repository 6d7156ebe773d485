"""Shared mailboxes at the stand-ins: Exchange's admin interface, and Graph's userPurpose."""

import json
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.people import guid
from tests.sandbox.standins.asking import (
    EXCHANGE,
    GRAPH,
    HARBOUR,
    PARTNER_CENTER,
    bearer,
    get_mailbox,
    tenant,
)


def _names(answer: requests.Response) -> list[str]:
    return [row["DisplayName"] for row in answer.json()["value"]]


def _purposes(
    session: requests.Session, part: str, numbers: list[int], *, app_only: bool
) -> dict[str, dict[str, Any]]:
    """What a $batch says of these users, by number."""
    url = "/users/{}/mailboxSettings/userPurpose"
    tenant_id = tenant(part).id
    items = [{"id": str(n), "method": "GET", "url": url.format(guid(tenant_id, n))} for n in numbers]
    signed = bearer(session, tenant_id, GRAPH, app_only=app_only)
    answer = session.post(f"{GRAPH}/v1.0/$batch", json={"requests": items}, headers=signed, timeout=30)
    return {item["id"]: item for item in answer.json()["responses"]}


def test_get_mailbox_lists_the_shared_ones_with_archive_and_hold(
    standins: RunningStandIns, session: requests.Session
) -> None:
    rows = {row["DisplayName"]: row for row in get_mailbox(session, "Alder").json()["value"]}
    assert set(rows) == {"Front Desk", "Old Projects"}
    assert {name: row["ArchiveGuid"].strip("0-") != "" for name, row in rows.items()} == {
        "Front Desk": False,
        "Old Projects": True,
    }
    assert get_mailbox(session, "Cobalt").json()["value"][0]["LitigationHoldEnabled"] is True


def test_without_recipient_type_every_mailbox_is_listed(
    standins: RunningStandIns, session: requests.Session
) -> None:
    rows = get_mailbox(session, "Alder", {"ResultSize": "Unlimited"}).json()["value"]
    kinds = {row["RecipientTypeDetails"] for row in rows}
    assert kinds == {"SharedMailbox", "UserMailbox", "DiscoveryMailbox"}
    (searches,) = (row for row in rows if row["RecipientTypeDetails"] == "DiscoveryMailbox")
    assert searches["ExternalDirectoryObjectId"] == ""


def test_a_further_page_is_posted_for_with_the_command_again(
    standins: RunningStandIns, session: requests.Session
) -> None:
    first = get_mailbox(session, "Alder", page=1)
    link = first.json()["@odata.nextLink"]
    second = get_mailbox(session, "Alder", url=link, page=1)
    assert _names(first) + _names(second) == ["Front Desk", "Old Projects"]
    assert "@odata.nextLink" not in second.json()
    signed = bearer(session, tenant("Alder").id, EXCHANGE)
    assert session.get(link, headers=signed, timeout=30).status_code == 404


def test_exchange_takes_only_its_own_tokens_and_asks_for_a_role(
    standins: RunningStandIns, session: requests.Session
) -> None:
    foreign = bearer(session, tenant("Alder").id, GRAPH)
    assert get_mailbox(session, "Alder", signed=foreign).status_code == 401
    refused = get_mailbox(session, "Dunmore")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Forbidden")


def test_an_unknown_command_or_parameter_is_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert get_mailbox(session, "Alder", {"Filter": "x"}).status_code == 400


def test_exchange_can_be_throttled_and_sent_elsewhere(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="throttle", kind="exchange", retry_after=7, count=1)
    throttled = get_mailbox(session, "Alder")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    standins.control("set_fault", what="foreign_page", kind="exchange", count=1)
    assert "attacker" in get_mailbox(session, "Alder").json()["@odata.nextLink"]


def test_user_purpose_tells_shared_mailboxes_to_an_app(
    standins: RunningStandIns, session: requests.Session
) -> None:
    items = _purposes(session, "Dunmore", [0, 3, 15], app_only=True)
    assert {name: item["body"]["value"] for name, item in items.items()} == {
        "0": "user",
        "3": "shared",
        "15": "shared",
    }


def test_user_purpose_of_somebody_without_a_mailbox_is_404(
    standins: RunningStandIns, session: requests.Session
) -> None:
    (item,) = _purposes(session, "Fernhill", [83], app_only=True).values()
    assert (item["status"], item["body"]["error"]["code"]) == (404, "MailboxNotEnabledForRESTAPI")


@pytest.mark.parametrize("part", ["Alder", "Dunmore"])
def test_user_purpose_of_others_is_refused_to_a_delegated_token(
    standins: RunningStandIns, session: requests.Session, part: str
) -> None:
    (item,) = _purposes(session, part, [0], app_only=False).values()
    assert (item["status"], item["body"]["error"]["code"]) == (403, "ErrorAccessDenied")


def test_mailboxes_can_be_shared_and_refused_by_control(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert get_mailbox(session, "Kestrel").json()["value"] == []
    standins.control("share_mailbox", tenant="Kestrel", number=2, hold=True)
    (row,) = get_mailbox(session, "Kestrel").json()["value"]
    assert (row["LitigationHoldEnabled"], row["ArchiveGuid"].strip("0-")) == (True, "")
    standins.control("restrict_role", tenant="Kestrel")
    assert get_mailbox(session, "Kestrel").status_code == 403
    (item,) = _purposes(session, "Kestrel", [2], app_only=True).values()
    assert item["body"]["value"] == "shared"
    standins.control("grant_role", tenant="Kestrel")
    standins.control("unshare_mailbox", tenant="Kestrel", number=2)
    assert get_mailbox(session, "Kestrel").json()["value"] == []


def test_a_term_can_be_moved_by_control(standins: RunningStandIns, session: requests.Session) -> None:
    signed = bearer(session, HARBOUR.tenant_id, PARTNER_CENTER)
    url = f"{PARTNER_CENTER}/v1/customers/{tenant('Kestrel').id}/subscriptions"

    def told() -> dict[str, Any]:
        content = session.get(url, headers=signed, timeout=30).content
        items: list[dict[str, Any]] = json.loads(content.decode("utf-8-sig"))["items"]
        return next(item for item in items if item["friendlyName"] == "Microsoft 365 Business Premium")

    before = told()
    standins.control("set_renewal", tenant="Kestrel", sku="SPB", days=3, auto_renew=False)
    after = told()
    assert (before["autoRenewEnabled"], after["autoRenewEnabled"]) == (True, False)
    assert after["commitmentEndDate"] < before["commitmentEndDate"]


def test_what_an_indirect_provider_sells_is_kept_from_the_partner(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = bearer(session, HARBOUR.tenant_id, PARTNER_CENTER)
    url = f"{PARTNER_CENTER}/v1/customers/{tenant('Northgate').id}/subscriptions"
    refused = session.get(url, headers=signed, timeout=30)
    assert (refused.status_code, json.loads(refused.content.decode("utf-8-sig"))["code"]) == (403, "20002")


def test_names_of_commands_parameters_and_types_come_in_any_case(
    standins: RunningStandIns, session: requests.Session
) -> None:
    tenant_id = tenant("Alder").id
    asked = {"recipienttypedetails": "sharedmailbox", "RESULTSIZE": "unlimited"}
    answer = session.post(
        f"{EXCHANGE}/adminapi/beta/{tenant_id}/InvokeCommand",
        json={"CmdletInput": {"CmdletName": "get-mailbox", "Parameters": asked}},
        headers=bearer(session, tenant_id, EXCHANGE),
        timeout=30,
    )
    assert _names(answer) == ["Front Desk", "Old Projects"]


def test_several_types_can_be_asked_for(standins: RunningStandIns, session: requests.Session) -> None:
    asked = {"RecipientTypeDetails": "SharedMailbox,UserMailbox", "ResultSize": "Unlimited"}
    rows = get_mailbox(session, "Alder", asked).json()["value"]
    assert {row["RecipientTypeDetails"] for row in rows} == {"SharedMailbox", "UserMailbox"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"RecipientTypeDetails": "SharedMailboxes"},
        {"ResultSize": "all"},
        {"ResultSize": 0},
        {"Identity": "x"},
    ],
)
def test_a_value_that_is_not_understood_is_refused_and_no_empty_list(
    standins: RunningStandIns, session: requests.Session, parameters: dict[str, Any]
) -> None:
    assert get_mailbox(session, "Alder", parameters).status_code == 400


@pytest.mark.parametrize("query", ["$select=DisplayName,Nope", "$filter=x", "$top=5"])
def test_an_option_of_exchange_that_is_not_understood_is_refused(
    standins: RunningStandIns, session: requests.Session, query: str
) -> None:
    url = f"{EXCHANGE}/adminapi/beta/{tenant('Alder').id}/InvokeCommand?{query}"
    assert get_mailbox(session, "Alder", url=url).status_code == 400


def test_the_mailbox_of_one_user_can_be_refused(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("refuse_mailbox", tenant="Alder", number=27)
    told = _purposes(session, "Alder", [27, 29], app_only=True)
    standins.control("refuse_mailbox", tenant="Alder", number=27, on=False)
    assert {number: item["status"] for number, item in told.items()} == {"27": 403, "29": 200}
    assert told["27"]["body"]["error"]["code"] == "ErrorAccessDenied"
    assert _purposes(session, "Alder", [27], app_only=True)["27"]["status"] == 200
