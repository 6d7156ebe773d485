"""What msal sends its requests through: one HTTP client for everything, and no call that can be spared."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests

from shared.http.client import Http, Unreachable, json_of

_SECONDS = re.compile(r"[0-9]{1,9}")


class OneCall:
    """It answers the discovery itself, so that a token costs one call."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, url: str, **_: object) -> "Document":
        authority = url.removesuffix("/v2.0/.well-known/openid-configuration")
        if authority == url:
            raise ValueError("msal asked for something other than the discovery document")
        endpoints = {
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
        }
        return Document(json.dumps(endpoints))

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], **_: object
    ) -> requests.Response:
        answer = self._http.read("POST", url, data=data, headers=headers)
        body = json_of(answer)
        if not isinstance(body, dict) or not _SECONDS.fullmatch(str(body.get("expires_in", 0))):
            raise Unreachable("its answer is not one to a sign-in.")
        return answer

    def close(self) -> None:
        """The session is not ours to close."""


@dataclass(frozen=True, slots=True)
class Document:
    text: str
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
