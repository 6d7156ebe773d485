"""Asking one Autotask: its zone, what each refusal means, and its share of the calls that all tools have together."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from threading import BoundedSemaphore, Lock
from typing import Any

import requests

from shared.billing.psa.amounts import whole
from shared.billing.psa.autotask.refusals import Meaning, meaning, words_of
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.causes import Cause
from shared.billing.psa.pace import pace_of
from shared.http.client import UNTOLD_WAIT, Http, NotConnected, Throttled, Unclear, Unreachable, json_of
from shared.http.json_text import well_formed

PSA = "Autotask"
_FRONT = "https://webservices.autotask.net/atservicesrest/v1.0/zoneInformation"
_ZONE = re.compile(r"https://webservices\d{0,3}\.autotask\.net/atservicesrest/", re.IGNORECASE)
CALLS, WINDOW = 1_800, timedelta(hours=1)
"""A database refuses more than 10,000 an hour, of all tools together; what has begun may go above this share."""
OTHERS_MOST = 0.6
"""Of that number: when all tools together have made so many, no new work begins."""
_THRESHOLD_EVERY = timedelta(minutes=1)
_THRESHOLD_WAIT = timedelta(minutes=5)
AT_ONCE = 2
"""Calls to one entity; Autotask refuses the fourth, of one integration."""
_BUSY_WAIT = timedelta(seconds=5)
_KEYS = ("the user name", "the secret", "the integration code")


@cache
def _places(database: str, entity: str) -> BoundedSemaphore:
    """The calls that may be made at once to one entity of a database, in this process."""
    return BoundedSemaphore(AT_ONCE)


class Api:
    """The signed-in interface of one Autotask. It only reads; `write` sends the one request of a write."""

    def __init__(self, settings: AutotaskSettings, secret: str, http: Http) -> None:
        self.http = http
        self.pace = pace_of(settings.system, CALLS, WINDOW)
        self._database = settings.system
        self._user = settings.user_name
        self._headers = {
            "ApiIntegrationCode": settings.integration_code,
            "UserName": settings.user_name,
            "Secret": secret,
            "Content-Type": "application/json",
        }
        self._never_shown = [word for word in (secret, settings.integration_code) if word]
        self._zone = ""
        self._one_lookup = Lock()
        self._looked_at: datetime | None = None

    # The zone

    def _root(self) -> str:
        """Where this user's database is. Raises PsaRefused for all, or PsaUnavailable."""
        with self._one_lookup:
            if not self._zone:
                self._zone = self._look_up()
            return f"{self._zone}v1.0/"

    def web(self) -> str:
        """Where people of this database work: the zone's web address has its number, too."""
        return self._root().split("/atservicesrest", 1)[0].lower().replace("webservices", "ww")

    def _look_up(self) -> str:
        answer = self._attempted("GET", _FRONT, {"user": self._user})
        words = self._words(answer)
        if answer.status_code != HTTPStatus.OK:
            if meaning(answer.status_code, words) is Meaning.SIGN_IN:
                raise PsaRefused.for_all(PSA, Cause.SIGN_IN, "zone", "the user name")
            raise PsaUnavailable(f"Autotask does not say where the database is: {words}")
        body = self._json(answer)
        url = body.get("url") if isinstance(body, dict) else None
        if not isinstance(url, str) or not _ZONE.fullmatch(url):
            raise PsaRefused.for_all(PSA, Cause.SITE, "zone")
        return url

    def _moved(self) -> bool:
        """A database can move to another zone, and is not known any more where it was."""
        fresh = self._look_up()
        with self._one_lookup:
            moved, self._zone = fresh != self._zone, fresh
        return moved

    # How much may be asked

    def wait_for_the_pace(self) -> None:
        """Raises PsaUnavailable when new work must wait until calls of the last hour are forgotten."""
        if pause := self.pace.pause(self.http.clock()):
            raise PsaUnavailable("Autotask was asked as often as it may be for now.", pause, asked_for=True)
        now = self.http.clock()
        if self._looked_at is not None and now < self._looked_at + _THRESHOLD_EVERY:
            return
        self._looked_at = now
        told = self.ask("ThresholdInformation", {})
        made, most = _number(told, "currentTimeframeRequestCount"), _number(told, "externalRequestThreshold")
        if most and made >= OTHERS_MOST * most:
            self._looked_at = None
            raise PsaUnavailable(
                f"All tools together made {made} of {most} calls of this hour to Autotask.",
                _THRESHOLD_WAIT,
                asked_for=True,
            )

    # Reading

    def ask(self, path: str, params: Mapping[str, str | int]) -> Any:
        """The JSON of a 200. Raises PsaRefused, NotThere or PsaUnavailable."""
        answer = self._attempted("GET", self._root() + path, params)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._moved():
            answer = self._attempted("GET", self._root() + path, params)
        if answer.status_code == HTTPStatus.OK:
            return self._json(answer)
        words, status = self._words(answer), answer.status_code
        match meaning(status, words):
            case Meaning.NOT_THERE:
                raise NotThere(str(status), f"Autotask has nothing of this: {words}")
            case Meaning.REFUSED if "unable to find" in words.lower():
                raise PsaRefused.for_all(PSA, Cause.COLUMNS, str(status), words)
            case _:
                if refusal := self.refusal(status, words, f"{_entity(path)} (query)"):
                    raise refusal
                raise PsaRefused(str(status), f"Autotask refuses to be read: {words}")

    def may(self, entity: str, way: str) -> bool:
        """Whether this user may do it ("Query", "Create") with every row: who sees only some is told of no others."""
        told = self.ask(f"{entity}/entityInformation", {})
        info = told.get("info") if isinstance(told, dict) else None
        return isinstance(info, dict) and info.get(f"userAccessFor{way}") == "All"

    def refusal(self, status: int, words: str, right: str) -> PsaRefused | None:
        """Why everything of the connection would be refused, too; None when it is about this one thing."""
        match meaning(status, words):
            case Meaning.SIGN_IN:
                return PsaRefused.for_all(PSA, Cause.SIGN_IN, str(status), *_KEYS)
            case Meaning.RIGHTS:
                return PsaRefused.for_all(PSA, Cause.RIGHTS, str(status), right)
            case _:
                return None

    def _attempted(self, method: str, url: str, params: Mapping[str, str | int]) -> requests.Response:
        """An answer that says something, after a few tries: a 500 with a text that is known is one."""

        def attempt() -> requests.Response:
            try:
                answer = self._send(method, url, params=params)
            except (NotConnected, Unclear) as error:
                raise Unreachable(error.why) from None
            words, status = self._words(answer), answer.status_code
            what = meaning(status, words)
            if what is Meaning.BUSY:
                raise Throttled("Autotask", self.wait_told(answer) or _BUSY_WAIT)
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR and what is Meaning.UNKNOWN:
                raise Unreachable(f"Autotask answered {status}. {words}".strip())
            if answer.is_redirect:
                raise PsaRefused.for_all(PSA, Cause.SITE, str(status))
            return answer

        try:
            return self.http.patiently(attempt)
        except Throttled as error:
            raise PsaUnavailable(str(error), error.after, asked_for=True) from None
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None

    def _send(self, method: str, url: str, **request: Any) -> requests.Response:
        """Exactly one request, with at most so many beside it as Autotask bears."""
        self.pace.count(self.http.clock())
        with _places(self._database, _entity(url.rpartition("v1.0/")[2])):
            return self.http.write(method, url, headers=self._headers, **request)

    # Writing

    def written(
        self, path: str, body: object, right: str, method: str = "POST"
    ) -> requests.Response | WriteAnswer:
        """The one request of a write: the answer that says yes, else what is known of it. `right` is what it needs."""
        try:
            answer = self._send(method, self._root() + path, json=body)
        except PsaRefused as refused:  # the zone was not known yet
            return WriteAnswer(
                Sent.REFUSED, refused.sentence, refusal=refused if refused.is_for_all else None
            )
        except PsaUnavailable as error:  # it could not be read
            return WriteAnswer(Sent.NOT_SENT, str(error), error.after, never_left=True)
        except NotConnected as error:
            return WriteAnswer(Sent.NOT_SENT, error.why, UNTOLD_WAIT, never_left=True)
        except Unclear as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        return answer if answer.status_code == HTTPStatus.OK else self._no_yes(answer, right)

    def _no_yes(self, answer: requests.Response, right: str) -> WriteAnswer:
        status, words = answer.status_code, self.words(answer)
        if refusal := self.refusal(status, words, right):
            return WriteAnswer(Sent.REFUSED, words, refusal=refusal)
        match meaning(status, words):
            case Meaning.BUSY:
                wait = self.wait_told(answer) or _BUSY_WAIT
                return WriteAnswer(Sent.NOT_SENT, words, wait, asked_for=True)
            case Meaning.REFUSED | Meaning.NOT_THERE if self._words(answer) or not answer.content:
                return WriteAnswer(Sent.REFUSED, words)
            case _:
                # Also a refusal that is not Autotask's own: a proxy does not know what went on behind it.
                return WriteAnswer(Sent.UNCLEAR, words)

    def wait_told(self, answer: requests.Response) -> timedelta | None:
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return self.http.wait_asked_for(answer) or UNTOLD_WAIT
        return self.http.wait_asked_for(answer)

    def words(self, answer: requests.Response) -> str:
        return self._words(answer) or f"It answered {answer.status_code} without a reason."

    def _words(self, answer: requests.Response) -> str:
        """Autotask's own text, without anything of our sign-in; "" when the body is somebody else's."""
        try:
            words = words_of(json.loads(well_formed(answer.content)))
        except (ValueError, RecursionError):
            return ""
        for secret in self._never_shown:
            words = words.replace(secret, "***")
        return words

    def _json(self, answer: requests.Response) -> Any:
        try:
            return json_of(answer)
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None


def _entity(path: str) -> str:
    """The entity of a path; a child of Contracts is an entity of its own."""
    parts = path.partition("?")[0].split("/")
    return f"Contracts/{parts[2]}" if parts[0] == "Contracts" and len(parts) == 3 else parts[0]


def _number(told: object, name: str) -> int:
    value = told.get(name) if isinstance(told, dict) else None
    return whole(value) or 0
