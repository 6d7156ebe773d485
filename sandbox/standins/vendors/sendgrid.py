"""The stand-in of SendGrid: it accepts mails and keeps them, but drops those to an address on one of its lists."""

import re
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import State, stamp
from sandbox.standins.worlds.people import guid

GLOBAL, BLOCKS = "global", "blocks"
LISTS = ("bounces", "invalid_emails", "spam_reports", BLOCKS, GLOBAL)
_SUPPRESSED = re.compile(
    r"/v3/(asm/suppressions/global|suppression/(bounces|invalid_emails|spam_reports|blocks))/(.+)"
)


class SendGrid:
    """`POST /v3/mail/send` answers 202 with X-Message-Id; the lists of suppressed addresses can be asked by address."""

    name = "sendgrid"
    hosts = frozenset({"api.sendgrid.com"})

    def __init__(self, state: State) -> None:
        self._state = state

    def call(self, request: Request) -> Call:
        if request.path == "/v3/mail/send":
            return Call("sendgrid.send")
        return Call("sendgrid.suppressed" if _list_and_address(request.path) else "sendgrid.other")

    def answer(self, request: Request, call: Call) -> Answer:
        key = self._state.get("meta", "world")["sendgrid_key"]
        if request.headers.get("authorization") != f"Bearer {key}":
            return _errors(401, "The provided authorization grant is invalid, expired, or revoked")
        asked = _list_and_address(request.path)
        if asked and request.method == "GET":
            return self._suppressed(*asked)
        if call.kind != "sendgrid.send" or request.method != "POST":
            return _errors(404, "Not found")
        wrong = _wrong(request.json())
        if wrong:
            return _errors(400, wrong[1], wrong[0])
        number = len(self._state.all("mail")) + 1
        message_id = guid("mail", number).replace("-", "")[:22]
        kept = {
            "number": number,
            "message_id": message_id,
            "at": stamp(self._state.now()),
            "mail": request.json(),
            "dropped": any(self._drops(person["email"]) for person in _recipients(request.json())),
        }
        self._state.put("mail", str(number), kept)
        return Answer(202, b"", {"X-Message-Id": message_id}, content_type="text/plain; charset=utf-8")

    def _suppressed(self, name: str, address: str) -> Answer:
        """https://www.twilio.com/docs/sendgrid/api-reference/bounces-api/retrieve-a-bounce and its neighbours."""
        kept = self._state.find("suppressed", f"{name}|{address.lower()}")
        if name == GLOBAL:
            return Answer(200, {"recipient_email": address} if kept else {})
        return Answer(200, [kept] if kept else [])

    def _drops(self, address: str) -> bool:
        """A block is of one mail only."""
        lists = (name for name in LISTS if name != BLOCKS)
        return any(self._state.find("suppressed", f"{name}|{address.lower()}") for name in lists)

    def throttled(self, retry_after: int | None) -> Answer:
        answer = _errors(429, "too many requests")
        if retry_after is not None:
            answer.headers["X-RateLimit-Reset"] = str(int(self._state.now().timestamp()) + retry_after)
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def failing(self, status: int) -> Answer:
        return _errors(status, "Internal server error")


def _list_and_address(path: str) -> tuple[str, str] | None:
    """Which list is asked about whom; None for any other path."""
    found = _SUPPRESSED.fullmatch(path)
    return (found[2] or GLOBAL, found[3]) if found else None


def _recipients(mail: Any) -> list[dict[str, Any]]:
    return [person for group in mail["personalizations"] for person in group["to"]]


def _wrong(mail: Any) -> tuple[str, str] | None:
    """The field and the sentence of the first thing that is wrong."""
    if not isinstance(mail, dict):
        return "", "Bad Request"
    people = mail.get("personalizations")
    if not isinstance(people, list) or not people or not all(person.get("to") for person in people):
        return (
            "personalizations",
            "The personalizations field is required and must have at least one recipient.",
        )
    if not isinstance(mail.get("from"), dict) or "@" not in mail["from"].get("email", ""):
        return "from.email", "The from email does not contain a valid address."
    if not mail.get("subject"):
        return "subject", "The subject is required."
    if not isinstance(mail.get("content"), list) or not all(part.get("value") for part in mail["content"]):
        return "content", "The content value must be a string at least one character in length."
    return None


def _errors(status: int, message: str, field: str | None = None) -> Answer:
    return Answer(status, {"errors": [{"message": message, "field": field or None, "help": None}]})
