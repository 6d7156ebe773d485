"""The page at which a partner's administrator consents to an app registration, and the code that it leads back with.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow.
"""

from collections.abc import Mapping
from datetime import timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.sign_in import HTML, page, redeemed
from sandbox.standins.vendors.tokens import seal
from sandbox.standins.worlds.people import guid

CODE_LIFE = timedelta(minutes=10)


class PartnerConsent:
    """The partners' half of the authorise page: each partner has one app registration and one service user."""

    def __init__(self, state: State) -> None:
        self._state = state

    def is_asked(self, request: Request) -> bool:
        return self._partner(request.query.get("client_id", "")) is not None

    def authorise(self, request: Request) -> Answer:
        """The page with the service user and "Accept"; with the choice made, the way back to the app."""
        asked = request.query
        partner = self._partner(asked.get("client_id", ""))
        wrong = _wrong_with(asked)
        if partner is None or wrong:
            sentence = f"<p>{escape(wrong or 'AADSTS700016: no such application.')}</p>"
            return Answer(400, page("This sign-in cannot be done", sentence), content_type=HTML)
        match asked.get("choice"):
            case "accept":
                words = {"code": self._code(partner, asked), "session_state": guid("session", partner["key"])}
            case "cancel":
                told = "AADSTS65004: User declined to consent to access the app."
                words = {"error": "access_denied", "error_description": told}
            case _:
                return Answer(200, _choices(request, partner), content_type=HTML)
        if "state" in asked:
            words["state"] = asked["state"]
        return Answer(302, b"", {"Location": f"{asked['redirect_uri']}?{urlencode(words)}"})

    def redeem(self, partner: Document, form: dict[str, str]) -> str:
        """The nonce of the request whose code this is. Raises Refused as Entra ID does."""
        code = redeemed(self._state, form, partner["key"])
        return str(code["nonce"])

    def _partner(self, client: str) -> Document | None:
        return next(
            (partner for partner in self._state.all("partner") if partner["client_id"] == client), None
        )

    def _code(self, partner: Document, asked: Mapping[str, str]) -> str:
        now = self._state.now()
        return seal(
            "1.A",
            {
                "partner": partner["key"],
                "challenge": asked["code_challenge"],
                "redirect": asked["redirect_uri"],
                "nonce": asked.get("nonce", ""),
                "until": (now + CODE_LIFE).timestamp(),
                "n": guid("code", now.timestamp(), partner["key"]),
            },
        )


def _wrong_with(asked: Mapping[str, str]) -> str:
    """What Entra ID would refuse the request for, with its code; "" for a good one."""
    reply = urlsplit(asked.get("redirect_uri", ""))
    here = reply.scheme == "http" and reply.hostname in {"127.0.0.1", "localhost"}
    if not here and reply.scheme != "https":
        return (
            "AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."
        )
    if asked.get("response_type") != "code":
        return "AADSTS700051: response_type is not enabled for the application: only 'code' is."
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "AADSTS501491: Invalid size of Code_Challenge parameter."
    if "offline_access" not in asked.get("scope", "").split():
        return "AADSTS900144: The request must contain the scope 'offline_access'."
    return ""


def _choices(request: Request, partner: Document) -> bytes:
    rows = []
    for choice, word in (("accept", "Accept"), ("cancel", "Cancel")):
        address = f"?{escape(urlencode({**request.query, 'choice': choice}), quote=True)}"
        rows.append(f'<li><a href="{address}" id="{choice}"><b>{word}</b></a></li>')
    who = f"<p>{escape(partner['user_name'])}, administrator of {escape(partner['name'])}</p>"
    note = "<p>This is the sandbox's stand-in of Microsoft's consent page.</p>"
    return page(
        "Permissions requested",
        f"{who}<p>Seatwise wants to read your customers for you.</p><ul>{''.join(rows)}</ul>{note}",
    )
