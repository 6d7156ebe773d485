"""ConnectWise PSA: a line is an agreement addition, its quantity is written as an absolute number.

What shapes this file: a wrong password may be answered 404; a 200 does not prove a change; there is neither a
conditional write nor an idempotency key.
"""

import base64
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import ValidationError

from shared.billing.psa.base import (
    Agreement,
    Effect,
    Evidence,
    Line,
    Product,
    PsaCompany,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteAnswer,
    WriteKind,
)
from shared.billing.psa.connectwise import shapes
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.pace import pace_of
from shared.billing.psa.read_back import judge_created, judge_quantity
from shared.http.client import UNTOLD_WAIT, Http, NotConnected, Throttled, Unclear, Unreachable, json_of

_ACCEPT = "application/vnd.connectwise.com+json; version=2021.1"
"""Pins the data model; without a version the newest one is served."""
_ROUTER = "v4_6_release/"
"""The codebase that every ConnectWise understands."""
_PAGE_SIZE = 1000
_CALLS_A_MINUTE = 800
"""ConnectWise refuses more than 1,000 a minute, of all tools together; what has begun may go above this share."""
_MOST_PAGES = 500
_MARKER_LENGTH = 50
"""Characters of a serial number: a longer marker would be cut, and its line never found again."""
_AGREEMENTS = "/finance/agreements"
_CATALOGUE = "/procurement/catalog"
_COMPANIES = "/company/companies"
_RIGHTS = {
    _AGREEMENTS: "Finance > Agreements (inquire; add and edit to write)",
    _CATALOGUE: "Procurement > Product Catalog (inquire)",
    _COMPANIES: "Companies > Company Maintenance (inquire)",
}
_FORBIDDEN = (
    "ConnectWise refuses this API member or client id. Check the client id in the settings of the connection, and"
    " that the API member has a security role."
)
_SIGN_IN = (
    "ConnectWise does not accept this sign-in. Check the company id, the public key, the private key and the"
    " client id in the settings of the connection, and that the API member is active."
    " (For a wrong key ConnectWise may answer 404, as if nothing was there.)"
)

type _Params = Mapping[str, str | int]


class _NotThere(PsaRefused):
    """A 404 that is true: the sign-in was proven good after it."""


class ConnectWise:
    """One signed-in ConnectWise. Only `apply` writes, and it sends one request."""

    max_parallel = 8
    repeatable = frozenset({WriteKind.SET_QUANTITY})

    def __init__(self, settings: ConnectWiseSettings, private_key: str, http: Http) -> None:
        self._site = settings.site
        self._company_id = settings.company_id
        self._http = http
        self._pace = pace_of(f"{settings.site}/{settings.company_id}", _CALLS_A_MINUTE)
        pair = f"{settings.company_id}+{settings.public_key}:{private_key}"
        token = base64.b64encode(pair.encode()).decode()
        self._never_shown = [word for word in (token, private_key, settings.public_key) if word]
        self._headers = {
            "Authorization": f"Basic {token}",
            "clientId": settings.client_id,
            "Accept": _ACCEPT,
            # Lists go on from the last id instead of a page number.
            "pagination-type": "forward-only",
        }

    # Reading

    def check(self) -> None:
        self._prove_sign_in()
        missing = [right for path, right in _RIGHTS.items() if not self._may_read(path)]
        if missing:
            raise PsaRefused(
                "Forbidden",
                f"The ConnectWise API member lacks {'a right' if len(missing) == 1 else 'rights'}:"
                f" {'; '.join(missing)}. Add to its security role what is missing, then test again.",
            )

    def companies(self) -> list[PsaCompany]:
        rows = self._list(_COMPANIES, shapes.COMPANY_COLUMNS)
        return [company for row in rows if (company := _understood(shapes.company, row))]

    def products(self) -> list[Product]:
        rows = self._list(_CATALOGUE, shapes.PRODUCT_COLUMNS)
        return [product for row in rows if (product := _understood(shapes.product, row))]

    def agreements(self) -> list[Agreement]:
        return [
            _understood(shapes.agreement, row) for row in self._list(_AGREEMENTS, shapes.AGREEMENT_COLUMNS)
        ]

    def lines(self, agreement_id: str) -> list[Line]:
        try:
            rows = self._list(_additions(agreement_id), shapes.LINE_COLUMNS)
        except _NotThere as error:
            raise _NotThere(
                error.code,
                f"Agreement {agreement_id} is not in ConnectWise any more."
                " Map its licences to another agreement.",
            ) from None
        return [_understood(shapes.line, row, agreement_id) for row in rows]

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        try:
            if write.kind is WriteKind.CREATE_LINE:
                return judge_created(write, self.lines(write.agreement_id), line_id)
            path = f"{_additions(write.agreement_id)}/{_number(write.line_id)}"
            row = self._json(self._ask(self._root + path, {"fields": shapes.LINE_COLUMNS}))
        except _NotThere:
            return Evidence(Effect.DIVERGED, None)
        line = _understood(shapes.line, row, write.agreement_id)
        if line.id != write.line_id:
            raise PsaUnavailable(f"ConnectWise was asked for line {write.line_id} and sent line {line.id}.")
        return judge_quantity(write, line)

    # Writing

    def apply(self, write: Write) -> WriteAnswer:
        try:
            method, path, body = _request(write)
        except PsaRefused as refused:
            return WriteAnswer(Sent.REFUSED, refused.sentence)
        try:
            self._pace.count(self._http.clock())
            answer = self._http.write(method, self._root + path, headers=self._headers, json=body)
        except PsaUnavailable as error:  # the root was not known yet and could not be read
            return WriteAnswer(Sent.NOT_SENT, str(error), error.after, error.asked_for)
        except NotConnected as error:
            return WriteAnswer(Sent.NOT_SENT, error.why, UNTOLD_WAIT)
        except Unclear as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        return self._judge(write, answer)

    def _judge(self, write: Write, answer: requests.Response) -> WriteAnswer:
        status = answer.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = self._http.wait_asked_for(answer)
            after = UNTOLD_WAIT if wait is None else wait
            return WriteAnswer(Sent.NOT_SENT, self._words(answer)[1], after, asked_for=True)
        if answer.ok and status < HTTPStatus.MULTIPLE_CHOICES:
            try:
                body = json_of(answer)
            except Unreachable as error:
                return WriteAnswer(Sent.UNCLEAR, error.why)
            return WriteAnswer(Sent.ANSWERED, _what_a_yes_hides(write, body), line_id=_id_of(body))
        code, words = self._words(answer)
        no = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if no and status != HTTPStatus.REQUEST_TIMEOUT and (code or not answer.content):
            return WriteAnswer(Sent.REFUSED, f"{words} ({code or status})")
        # Also a refusal that is not ConnectWise's own: a proxy does not know what went on behind it.
        return WriteAnswer(Sent.UNCLEAR, words)

    # Asking

    @cached_property
    def _root(self) -> str:
        return f"https://{self._site}/{self._codebase()}apis/3.0"

    def _codebase(self) -> str:
        """The server's release is part of its address. Only a hint: whatever goes wrong, the router works."""
        url = f"https://{self._site}/login/companyinfo/{self._company_id}"
        try:
            info = json_of(self._http.read("GET", url))
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable:
            return _ROUTER
        codebase = info.get("Codebase") if isinstance(info, dict) else None
        known = isinstance(codebase, str) and re.fullmatch(r"v\d+_\d+(_release)?/", codebase)
        return str(codebase) if known else _ROUTER

    def _prove_sign_in(self) -> None:
        """Read what is always there. Raises PsaRefused for the whole connection."""
        answer = self._send(f"{self._root}/system/info", {})
        if answer.status_code == HTTPStatus.OK:
            return
        code, _ = self._words(answer)
        sentence = _SIGN_IN
        if answer.status_code == HTTPStatus.FORBIDDEN:
            sentence = _FORBIDDEN
        elif answer.is_redirect:
            sentence = (
                f"{self._site} sends us to another address. Check the site in the settings of the connection."
            )
        raise PsaRefused(code or str(answer.status_code), sentence, sign_in=True)

    def _may_read(self, path: str) -> bool:
        try:
            rows = self._rows(self._ask(self._root + path, {"pageSize": 1, "fields": "id"}))
            if path == _AGREEMENTS and rows:
                self._ask(self._root + _additions(str(rows[0]["id"])), {"pageSize": 1, "fields": "id"})
        except PsaRefused as refused:
            if refused.sign_in:
                raise
            return False
        return True

    def _list(self, path: str, columns: str) -> list[dict[str, Any]]:
        """Every row of a list, once, or an error.

        Forward-only pages go on from the last id, so a row that is deleted meanwhile hides no other. A server that
        does not know them numbers its pages, and the same links lead through those.
        """
        while pause := self._pace.pause(self._http.clock()).total_seconds():
            self._http.sleep(pause)
        url = self._root + path
        whole: _Params = {"pageSize": _PAGE_SIZE, "fields": columns}
        params = whole
        found: dict[int, dict[str, Any]] = {}
        for page in range(1, _MOST_PAGES + 1):
            answer = self._ask(url, params)
            rows = self._rows(answer)
            known = len(found)
            found |= {row["id"]: row for row in rows}
            following = self._next(answer)
            if not following and (len(rows) < _PAGE_SIZE or "Link" in answer.headers):
                return list(found.values())
            if len(found) == known:
                raise PsaUnavailable(f"{self._site} sent a list that goes on without anything new.")
            url, params = following, {}
            if not following:
                # A full page that says nothing of another: only an empty or short page proves the end.
                url, params = self._root + path, {**whole, "orderBy": "id asc", "page": page + 1}
        raise PsaUnavailable(f"{self._site} sent a list that does not end.")

    def _next(self, answer: requests.Response) -> str:
        link = answer.links.get("next", {}).get("url", "")
        if not link:
            return ""
        url = urljoin(f"https://{self._site}/", link)
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc.lower()) != ("https", self._site):
            raise PsaUnavailable(
                f"{self._site} sent a list that continues on another host; it was not followed."
            )
        return url

    def _ask(self, url: str, params: _Params) -> requests.Response:
        """A 200, or PsaRefused / PsaUnavailable. A 403 or 404 is believed only after a proof of the sign-in."""
        answer = self._send(url, params)
        if answer.status_code == HTTPStatus.OK:
            return answer
        code, words = self._words(answer)
        code = code or str(answer.status_code)
        match answer.status_code:
            case HTTPStatus.UNAUTHORIZED:
                raise PsaRefused(code, _SIGN_IN, sign_in=True)
            case HTTPStatus.NOT_FOUND:
                self._prove_sign_in()
                raise _NotThere(code, f"ConnectWise has nothing at this address: {words}")
            case HTTPStatus.FORBIDDEN:
                self._prove_sign_in()
                right = next((right for path, right in _RIGHTS.items() if path in url), "this")
                raise PsaRefused(
                    code,
                    f"The ConnectWise API member lacks a right: {right}. Add it to its security role.",
                )
            case _:
                raise PsaRefused(code, f"ConnectWise refuses to be read: {words}")

    def _send(self, url: str, params: _Params) -> requests.Response:
        self._pace.count(self._http.clock())
        try:
            return self._http.read("GET", url, headers=self._headers, params=params)
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def _json(self, answer: requests.Response) -> Any:
        try:
            return json_of(answer)
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def _rows(self, answer: requests.Response) -> list[dict[str, Any]]:
        rows = self._json(answer)
        if isinstance(rows, list) and all(isinstance(r, dict) and isinstance(r.get("id"), int) for r in rows):
            return rows
        raise PsaUnavailable(f"{self._site} sent something else than a list of rows with ids.")

    def _words(self, answer: requests.Response) -> tuple[str, str]:
        """The vendor's code and message, without anything of our sign-in. No code: the body is not ConnectWise's."""
        try:
            code, words = shapes.vendor_words(json_of(answer))
        except Unreachable as error:
            return "", error.why
        for secret in self._never_shown:
            words = words.replace(secret, "***")
        why = words or f"{self._site} answered {answer.status_code} without a reason."
        return code or str(answer.status_code), why


def _request(write: Write) -> tuple[str, str, object]:
    """Method, path and body of the one request of a write. Raises PsaRefused for a write that cannot be one."""
    path = _additions(write.agreement_id)
    if write.kind is WriteKind.SET_QUANTITY:
        return "PATCH", f"{path}/{_number(write.line_id)}", shapes.new_quantity(write)
    if not 0 < len(write.marker) <= _MARKER_LENGTH:
        raise PsaRefused(
            "marker",
            f"A new line needs a marker of 1 to {_MARKER_LENGTH} characters, else it is not found again.",
        )
    _number(write.product_id)
    return "POST", path, shapes.new_addition(write)


def _additions(agreement_id: str) -> str:
    return f"{_AGREEMENTS}/{_number(agreement_id)}/additions"


def _number(text: str) -> int:
    """An id as it may stand in an address. Raises PsaRefused: whose id is wrong is one line's trouble, not more."""
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused(
            "not an id",
            f"'{text}' is no id of ConnectWise, whose ids are numbers. Choose it again in Seatwise.",
        )
    return int(text)


def _understood[**P, T](shape: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Shape one row. Raises PsaUnavailable: a list with one row that we cannot read is no complete list."""
    try:
        return shape(*args, **kwargs)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PsaUnavailable(
            f"ConnectWise sent a row whose '{where}' is not understood: {first['msg']}."
        ) from None


def _id_of(body: object) -> str:
    """The addition that an answer shows, "" when it shows none: a 201 has the whole of it."""
    found = body.get("id") if isinstance(body, dict) else None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and found > 0 else ""


def _what_a_yes_hides(write: Write, body: object) -> str:
    """A sentence when the answer to a write does not show what was asked for; the read-back decides."""
    shown = body.get("quantity") if isinstance(body, dict) else None
    if shown == write.after:
        return ""
    return f"ConnectWise said yes, but its answer shows the quantity {shown} instead of {write.after}."
