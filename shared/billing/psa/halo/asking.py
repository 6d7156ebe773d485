"""Asking one Halo: its token, what each refusal means, and how often it may be asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any

import requests

from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.causes import Cause
from shared.billing.psa.halo.exact import read_exactly, write_exactly
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.pace import pace_of
from shared.http.client import UNTOLD_WAIT, Http, NotConnected, Throttled, Unclear, Unreachable, json_of
from shared.http.json_text import well_formed

PSA = "HaloPSA"
CLIENTS, ITEMS, INVOICES, CHANGES = "/Client", "/Item", "/RecurringInvoice", "/InvoiceChange"
RIGHTS = {CLIENTS: "read:customers", ITEMS: "read:items", INVOICES: "read:invoices", CHANGES: "read:invoices"}
"""The permissions of the API application, as Halo calls them."""
TICKETS, TICKET_TYPES, PRIORITIES, STATUSES, ACTIONS = (
    *("/Tickets", "/TicketType", "/Priority", "/Status", "/Actions"),
)
TICKET_RIGHTS = dict.fromkeys((TICKETS, TICKET_TYPES, PRIORITIES, STATUSES), "read:tickets")
"""Asked for only where alerts become tickets."""
MAY_EDIT, MAY_EDIT_TICKETS = "edit:invoices", "edit:tickets"
_KEYS = ("the site", "the tenant", "the client id", "the client secret")
CALLS, WINDOW = 120, timedelta(minutes=5)
"""Halo refuses more than 300 in any 5 minutes, of all tools together; what has begun may go above this share."""
_SPARE = timedelta(minutes=1)
"""A token is replaced that long before it ends."""
_LONGEST = 24 * 60 * 60
"""Seconds for which a token is kept, whatever Halo says of it: a number without end is no time."""
_WORDS_LENGTH = 500

type Params = Mapping[str, str | int]


class Api:
    """The signed-in interface of one Halo. It only reads; `write` sends the one request of a write."""

    def __init__(self, settings: HaloSettings, client_secret: str, http: Http) -> None:
        self.site = settings.site
        self.http = http
        self.pace = pace_of(settings.system, CALLS, WINDOW)
        self._tenant = settings.tenant
        self._client_id = settings.client_id
        self._secret = client_secret
        self._token = ""
        self._token_until: datetime | None = None
        self._one_sign_in = Lock()

    # Sign-in

    def sign_in(self, *, anew: bool = False) -> str:
        """A token that is good for a while. Raises PsaRefused for all, or PsaUnavailable."""
        with self._one_sign_in:
            now = self.http.clock()
            if anew or self._token_until is None or now >= self._token_until:
                self._token, seconds = self._ask_for_a_token()
                self._token_until = now + timedelta(seconds=seconds) - _SPARE
            return self._token

    def _ask_for_a_token(self) -> tuple[str, int]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret,
            "scope": "all",
        }
        url = f"https://{self.site}/auth/token"
        try:
            answer = self.http.read("POST", url, params={"tenant": self._tenant}, data=form)
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable as error:
            self._refuse_a_wrong_tenant()
            raise PsaUnavailable(error.why) from None
        if answer.is_redirect or answer.status_code == HTTPStatus.NOT_FOUND:
            raise PsaRefused.for_all(PSA, Cause.SITE, str(answer.status_code))
        if answer.status_code != HTTPStatus.OK:
            raise PsaRefused.for_all(PSA, Cause.SIGN_IN, self.words(answer)[0], *_KEYS)
        body = self.json(answer)
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise PsaUnavailable(f"{self.site} answered a sign-in without a token.")
        seconds = body.get("expires_in")
        return token, min(seconds, _LONGEST) if isinstance(seconds, int) and seconds > 0 else 600

    def _refuse_a_wrong_tenant(self) -> None:
        """A tenant that does not exist is answered 500, like an outage. Raises PsaRefused when Halo names another."""
        try:
            info = json_of(self.http.read("GET", f"https://{self.site}/api/authinfo"))
        except (Throttled, Unreachable):
            return
        named = info.get("tenant_id") if isinstance(info, dict) else None
        if isinstance(named, str) and named and named.lower() != self._tenant.lower():
            raise PsaRefused.for_all(PSA, Cause.SIGN_IN, "tenant", "the tenant")

    # Reading

    def wait_for_the_pace(self) -> None:
        """Raises PsaUnavailable when new work must wait for the calls of the last minutes to be forgotten."""
        if pause := self.pace.pause(self.http.clock()):
            raise PsaUnavailable("HaloPSA was asked as often as it may be for now.", pause, asked_for=True)

    def keep_the_pace(self) -> None:
        """Within a list that has begun: wait here, for what was read of it is of no use alone."""
        if pause := self.pace.pause(self.http.clock()):
            self.http.sleep(pause.total_seconds())

    def ask(self, path: str, params: Params) -> Any:
        """The JSON of a 200, numbers exactly as they stand there. Raises PsaRefused or PsaUnavailable."""
        answer = self._send(path, params, self.sign_in())
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer = self._send(path, params, self.sign_in(anew=True))
        if answer.status_code == HTTPStatus.OK:
            return self.json(answer)
        code, words = self.words(answer)
        match answer.status_code:
            case HTTPStatus.UNAUTHORIZED:
                raise PsaRefused.for_all(PSA, Cause.SIGN_IN, code, *_KEYS)
            case HTTPStatus.FORBIDDEN:
                area = f"/{path.strip('/').split('/')[0]}"
                raise PsaRefused.for_all(
                    PSA, _no_right(answer), code, {**RIGHTS, **TICKET_RIGHTS}.get(area, path)
                )
            case HTTPStatus.NOT_FOUND if _is_a_page(answer):
                raise PsaUnavailable(f"A web page answers instead of {self.site}.")
            case HTTPStatus.NOT_FOUND:
                raise NotThere(code, f"HaloPSA has nothing at this address: {words}")
            case _ if answer.is_redirect:
                raise PsaRefused.for_all(PSA, Cause.SITE, code)
            case _:
                raise PsaRefused(code, f"HaloPSA refuses to be read: {words}")

    def _send(self, path: str, params: Params, token: str) -> requests.Response:
        def attempt() -> requests.Response:
            self.pace.count(self.http.clock())
            try:
                return self.http.ask("GET", self._url(path), headers=_signed(token), params=params)
            except Throttled as error:
                # Asked again at once it would be refused again, and that counts, too.
                raise PsaUnavailable(str(error), error.after, asked_for=True) from None

        try:
            return self.http.patiently(attempt)
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def json(self, answer: requests.Response) -> Any:
        try:
            return read_exactly(answer.content)
        except ValueError:
            raise PsaUnavailable(f"{self.site} answered with something that is not JSON.") from None

    # Writing

    def write(self, path: str, body: object) -> requests.Response:
        """One request. Raises PsaUnavailable or PsaRefused before it is sent, NotConnected and Unclear."""
        headers = {**_signed(self.sign_in()), "Content-Type": "application/json"}
        self.pace.count(self.http.clock())
        return self.http.write("POST", self._url(path), headers=headers, data=write_exactly(body))

    def may_edit(self) -> bool:
        """Post no document at all: nothing can come of it but whether we might. Raises PsaUnavailable."""
        try:
            answer = self.write(INVOICES, [])
        except (NotConnected, Unclear) as error:
            raise PsaUnavailable(error.why) from None
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise PsaUnavailable(self.words(answer)[1], self.wait_of(answer), asked_for=True)
        return answer.status_code != HTTPStatus.FORBIDDEN

    def wait_of(self, answer: requests.Response) -> timedelta:
        asked = self.http.wait_asked_for(answer)
        return UNTOLD_WAIT if asked is None else asked

    def written(self, path: str, body: object, right: str) -> requests.Response | WriteAnswer:
        """The one request of a write: the answer that says yes, else what is known of it. `right` is what it needs."""
        try:
            answer = self.write(path, body)
        except PsaRefused as refused:
            return WriteAnswer(Sent.REFUSED, refused.sentence, refusal=refused)
        except PsaUnavailable as error:
            return WriteAnswer(Sent.NOT_SENT, str(error), error.after, error.asked_for, never_left=True)
        except NotConnected as error:
            return WriteAnswer(Sent.NOT_SENT, error.why, UNTOLD_WAIT, never_left=True)
        except Unclear as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        return self.what_is_no_yes(answer, right) or answer

    def what_is_no_yes(self, answer: requests.Response, right: str) -> WriteAnswer | None:
        """None: it is one."""
        status = answer.status_code
        code, words = self.words(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return WriteAnswer(Sent.NOT_SENT, words, self.wait_of(answer), asked_for=True)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        if refusal := self.refused_write(answer, right):
            return WriteAnswer(Sent.REFUSED, f"{words} ({code})", refusal=refusal)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and self.is_halos(answer):
            return WriteAnswer(Sent.REFUSED, f"{words} ({code})")
        # Also a refusal that is not Halo's own: a proxy does not know what went on behind it.
        return WriteAnswer(Sent.UNCLEAR, words)

    def refused_write(self, answer: requests.Response, right: str) -> PsaRefused | None:
        """Why every write of the connection would be refused, too; None when it is about this document."""
        code = self.words(answer)[0]
        if answer.status_code == HTTPStatus.FORBIDDEN:
            return PsaRefused.for_all(PSA, _no_right(answer), code, right)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            return PsaRefused.for_all(PSA, Cause.SIGN_IN, code, *_KEYS)
        return None

    def is_halos(self, answer: requests.Response) -> bool:
        """The refusal is in one of Halo's own shapes, or without a body."""
        try:
            return bool(vendor_words(read_exactly(answer.content))[1])
        except ValueError:
            return not answer.content

    def words(self, answer: requests.Response) -> tuple[str, str]:
        """Code and message of an error, whichever of Halo's shapes it has, without anything of our sign-in."""
        try:
            body = read_exactly(well_formed(answer.content))
        except ValueError:
            body = None if _is_a_page(answer) else answer.text
        code, words = vendor_words(body)
        for secret in (self._secret, self._token):
            words = words.replace(secret, "***") if secret else words
        why = words or f"{self.site} answered {answer.status_code} without a reason."
        return code or str(answer.status_code), why

    def _url(self, path: str) -> str:
        return f"https://{self.site}/api{path}"


def vendor_words(body: object) -> tuple[str, str]:
    """`{resultCode, errorMessage}`, `{ClassName, Message}`, `{Message}`, `{error, error_description}` or plain text."""
    if isinstance(body, str):
        return "", " ".join(body.split())[:_WORDS_LENGTH]
    if not isinstance(body, dict):
        return "", ""
    code = body.get("error") or body.get("ClassName") or body.get("resultCode") or ""
    words = body.get("errorMessage") or body.get("Message") or body.get("error_description") or ""
    return str(code)[:60], " ".join(str(words).split())[:_WORDS_LENGTH]


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _no_right(answer: requests.Response) -> Cause:
    """Halo refuses with a text or nothing; a web page is somebody's who stands in front of it."""
    return Cause.BLOCKED if _is_a_page(answer) else Cause.RIGHTS


def _is_a_page(answer: requests.Response) -> bool:
    return "text/html" in answer.headers.get("Content-Type", "").lower()
