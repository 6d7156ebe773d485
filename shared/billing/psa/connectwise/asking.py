"""Asking one ConnectWise: where its interface is, what each refusal means, and what proves a sign-in."""

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any

import requests

from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.causes import Cause
from shared.billing.psa.connectwise import bodies
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.pace import pace_of
from shared.http.client import (
    UNTOLD_WAIT,
    Http,
    NotConnected,
    Throttled,
    Unclear,
    Unreachable,
    json_of,
)

PSA = "ConnectWise"
VERSION = "2022.1"
"""Of the data model that we know; without a version the newest one is served."""
AGREEMENTS = "/finance/agreements"
CATALOGUE = "/procurement/catalog"
COMPANIES = "/company/companies"
RIGHTS = {
    AGREEMENTS: "Finance > Agreements (inquire)",
    CATALOGUE: "Procurement > Product Catalog (inquire)",
    COMPANIES: "Companies > Company Maintenance (inquire)",
}
TICKETS, BOARDS, PRIORITIES = "/service/tickets", "/service/boards", "/service/priorities"
TICKET_RIGHTS = {
    TICKETS: "Service Desk > Service Tickets (inquire, all)",
    BOARDS: "System > Table Setup (inquire): Service Board, Service Status",
    PRIORITIES: "System > Table Setup (inquire): Priority",
}
"""Asked for only where alerts become tickets."""
MAY_ADD, MAY_EDIT = "Finance > Agreements (add)", "Finance > Agreements (edit)"
_ALWAYS_THERE = "/system/info"
_KEYS = ("the company id", "the public key", "the private key", "the client id")
_ROUTER = "v4_6_release/"
"""The codebase that every ConnectWise understands."""
_CALLS_A_MINUTE = 400
"""ConnectWise refuses more than 1,000 a minute, of all tools together: half of them is left to the others, and what has
begun may go above this share."""
_IN_USE_WAIT = timedelta(minutes=5)
"""A person works on the record: how long until it is tried again."""
IN_USE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.LOCKED})
WRONG_VERSION = frozenset({HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})

type Params = Mapping[str, str | int]


class Api:
    """The signed-in interface of one ConnectWise. It only reads; `write` sends the one request of a write."""

    def __init__(self, settings: ConnectWiseSettings, private_key: str, http: Http) -> None:
        self.site = settings.site
        self.http = http
        self.pace = pace_of(f"{settings.site}/{settings.company_id}", _CALLS_A_MINUTE)
        self._company_id = settings.company_id
        pair = f"{settings.company_id}+{settings.public_key}:{private_key}"
        token = base64.b64encode(pair.encode()).decode()
        self._never_shown = [word for word in (token, private_key, settings.public_key) if word]
        self._headers = {
            "Authorization": f"Basic {token}",
            "clientId": settings.client_id,
            "Accept": f"application/vnd.connectwise.com+json; version={VERSION}",
        }

    @cached_property
    def root(self) -> str:
        return f"https://{self.site}/{self._codebase()}apis/3.0"

    def _codebase(self) -> str:
        """The server's release is part of its address. Only a hint: whatever goes wrong, the router works."""
        url = f"https://{self.site}/login/companyinfo/{self._company_id}"
        try:
            info = json_of(self.http.read("GET", url))
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable:
            return _ROUTER
        codebase = info.get("Codebase") if isinstance(info, dict) else None
        known = isinstance(codebase, str) and re.fullmatch(r"v\d+_\d+(_release)?/", codebase)
        return str(codebase) if known else _ROUTER

    def wait_for_the_pace(self) -> None:
        while pause := self.pace.pause(self.http.clock()).total_seconds():
            self.http.sleep(pause)

    def ask(self, path: str, params: Params, *, forward_only: bool = False) -> requests.Response:
        """A 200, or PsaRefused / PsaUnavailable. A 403 or 404 is believed only after a proof of the sign-in."""
        answer = self.send(path, params, forward_only=forward_only)
        status = answer.status_code
        if status == HTTPStatus.OK:
            return answer
        code, words = self.words(answer)
        code = code or str(status)
        match status:
            case HTTPStatus.UNAUTHORIZED:
                raise PsaRefused.for_all(PSA, Cause.SIGN_IN, code, *_KEYS)
            case HTTPStatus.NOT_FOUND:
                self.prove_sign_in()
                raise NotThere(code, f"ConnectWise has nothing at this address: {words}")
            case HTTPStatus.FORBIDDEN:
                self.prove_sign_in()
                rights = {**RIGHTS, **TICKET_RIGHTS}
                right = next((right for start, right in rights.items() if path.startswith(start)), path)
                raise PsaRefused.for_all(PSA, Cause.RIGHTS, code, right)
            case HTTPStatus.BAD_REQUEST:
                # What we ask for differs by nothing but ids, which are numbers: it is the columns that are wrong.
                raise PsaRefused.for_all(PSA, Cause.COLUMNS, code, words)
            case _ if status in WRONG_VERSION:
                raise PsaRefused.for_all(PSA, Cause.VERSION, code, VERSION)
            case _ if status in IN_USE:
                raise PsaUnavailable(f"ConnectWise could not be read at this moment: {words}")
            case _:
                raise PsaRefused(code, f"ConnectWise refuses to be read: {words}")

    def prove_sign_in(self) -> None:
        """Any list that may be read proves it: no right is needed for this alone. Raises PsaRefused for all."""
        answers = []
        for path in (*RIGHTS, _ALWAYS_THERE):
            params: Params = {} if path == _ALWAYS_THERE else {"pageSize": 1, "fields": "id"}
            answers.append(self.send(path, params))
            if answers[-1].status_code == HTTPStatus.OK:
                return
        raise self._nobody_is_let_in(answers)

    def _nobody_is_let_in(self, answers: list[requests.Response]) -> PsaRefused:
        statuses = [answer.status_code for answer in answers]
        code = self.words(answers[-1])[0] or str(statuses[-1])
        if any(status in WRONG_VERSION for status in statuses):
            return PsaRefused.for_all(PSA, Cause.VERSION, code, VERSION)
        if any(answer.is_redirect for answer in answers):
            return PsaRefused.for_all(PSA, Cause.SITE, code)
        if HTTPStatus.FORBIDDEN in statuses:
            return PsaRefused.for_all(PSA, Cause.MEMBER, code)
        return PsaRefused.for_all(PSA, Cause.SIGN_IN, code, *_KEYS)

    def send(self, path: str, params: Params, *, forward_only: bool = False) -> requests.Response:
        """Whatever is answered to a read. Raises PsaUnavailable when nothing usable is."""
        headers = {**self._headers, "pagination-type": "forward-only"} if forward_only else self._headers
        url = self.root + path
        self.pace.count(self.http.clock())
        try:
            return self.http.read("GET", url, headers=headers, params=params)
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def write(self, method: str, path: str, body: object) -> requests.Response:
        """One request. Raises PsaUnavailable before it is sent, NotConnected and Unclear."""
        url = self.root + path
        self.pace.count(self.http.clock())
        return self.http.write(method, url, headers=self._headers, json=body)

    def written(self, method: str, path: str, body: object, right: str) -> requests.Response | WriteAnswer:
        """The one request of a write: the answer that says yes, else what is known of it. `right` is what it needs."""
        try:
            answer = self.write(method, path, body)
        except PsaUnavailable as error:  # the root was not known yet and could not be read
            return WriteAnswer(Sent.NOT_SENT, str(error), error.after, error.asked_for, never_left=True)
        except NotConnected as error:
            return WriteAnswer(Sent.NOT_SENT, error.why, UNTOLD_WAIT, never_left=True)
        except Unclear as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        return self._what_is_no_yes(answer, right) or answer

    def _what_is_no_yes(self, answer: requests.Response, right: str) -> WriteAnswer | None:
        """None: it is one."""
        status = answer.status_code
        code, words = self.words(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = self.http.wait_asked_for(answer)
            return WriteAnswer(Sent.NOT_SENT, words, UNTOLD_WAIT if wait is None else wait, asked_for=True)
        if answer.ok and status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        if refusal := self.refused_write(answer, right):
            return WriteAnswer(Sent.REFUSED, f"{words} ({code or status})", refusal=refusal)
        if status in IN_USE and (code or not answer.content):
            # Somebody has the record open: nothing was changed, and a little later it may be.
            return WriteAnswer(Sent.NOT_SENT, f"{words} ({code})", _IN_USE_WAIT)
        no = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if no and status != HTTPStatus.REQUEST_TIMEOUT and (code or not answer.content):
            return WriteAnswer(Sent.REFUSED, f"{words} ({code or status})")
        # Also a refusal that is not ConnectWise's own: a proxy does not know what went on behind it.
        return WriteAnswer(Sent.UNCLEAR, words)

    def json(self, answer: requests.Response) -> Any:
        try:
            return json_of(answer)
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def words(self, answer: requests.Response) -> tuple[str, str]:
        """The vendor's code and message, without anything of our sign-in. No code: the body is not ConnectWise's."""
        try:
            body = json_of(answer)
        except Unreachable as error:
            return "", error.why
        code, words = bodies.vendor_words(body)
        for secret in self._never_shown:
            words = words.replace(secret, "***")
        why = words or f"{self.site} answered {answer.status_code} without a reason."
        return code or (str(answer.status_code) if isinstance(body, dict) else ""), why

    def refused_write(self, answer: requests.Response, right: str) -> PsaRefused | None:
        """Why every write of the connection would be refused, too; None when it is about this line."""
        status = answer.status_code
        code = self.words(answer)[0]
        told = code or str(status)
        if status == HTTPStatus.FORBIDDEN:
            cause = Cause.RIGHTS if code or not answer.content else Cause.BLOCKED
            return PsaRefused.for_all(PSA, cause, told, right)
        if status == HTTPStatus.UNAUTHORIZED:
            return PsaRefused.for_all(PSA, Cause.SIGN_IN, told, *_KEYS)
        if status in WRONG_VERSION:
            return PsaRefused.for_all(PSA, Cause.VERSION, told, VERSION)
        return None
