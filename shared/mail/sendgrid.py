"""Mail by Twilio SendGrid: POST /v3/mail/send, once."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from shared.http.client import Http, NotConnected, Unclear
from shared.mail.base import Delivery, Mail, Receipt
from shared.mail.message import InvalidMail, check, extra_headers
from shared.text import address, one_line

_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_TIMEOUT = (5.0, 30.0)


class SendGridSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr = Field(min_length=1, description="an API key with the right Mail Send")
    host: str = Field(
        default="https://api.sendgrid.com",
        description="https://api.sendgrid.com, or https://api.eu.sendgrid.com for EU subusers",
    )

    @field_validator("host")
    @classmethod
    def _secure(cls, host: str) -> str:
        parts = urlsplit(host)
        local = parts.hostname in {"127.0.0.1", "localhost"}
        if not parts.hostname or parts.scheme not in ({"https", "http"} if local else {"https"}):
            raise ValueError("an https address")
        return host.rstrip("/")


class SendGridTransport:
    def __init__(self, settings: SendGridSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    def send(self, mail: Mail) -> Receipt:
        try:
            payload = _payload(mail)
        except InvalidMail as error:
            return Receipt(Delivery.REFUSED, why=str(error))
        key = self._settings.api_key.get_secret_value()
        try:
            answer = self._http.write(
                "POST",
                f"{self._settings.host}/v3/mail/send",
                json=payload,
                headers={"Authorization": f"Bearer {key}"},
                timeout=_TIMEOUT,
            )
        except NotConnected as error:
            return Receipt(Delivery.NOT_NOW, why=error.why)
        except Unclear as error:
            return Receipt(Delivery.UNCLEAR, why=error.why)
        if answer.status_code == HTTPStatus.ACCEPTED:
            return Receipt(Delivery.ACCEPTED, reference=one_line(answer.headers.get("X-Message-Id", ""), 100))
        words = one_line(_words(answer).replace(key, "(key)"), 300)
        return Receipt(_judge(answer.status_code), why=f"SendGrid answered {answer.status_code}: {words}")


def _payload(mail: Mail) -> dict[str, Any]:
    """The request's body. Links in our mails are signed, so SendGrid must not rewrite them."""
    from sendgrid.helpers.mail import (
        ClickTracking,
        CustomArg,
        From,
        Header,
        HtmlContent,
        OpenTracking,
        PlainTextContent,
        ReplyTo,
        To,
        TrackingSettings,
    )
    from sendgrid.helpers.mail import Mail as Message

    check(mail)
    message = Message(
        from_email=From(address(mail.sender), mail.sender_name),
        to_emails=To(address(mail.to)),
        subject=mail.subject,
        plain_text_content=PlainTextContent(mail.text),
        html_content=HtmlContent(mail.html),
    )
    message.reply_to = ReplyTo(address(mail.reply_to))
    for name, value in extra_headers(mail).items():
        message.add_header(Header(name, value))
    message.add_custom_arg(CustomArg("mail_id", mail.id))
    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(enable=False, enable_text=False)
    tracking.open_tracking = OpenTracking(enable=False)
    message.tracking_settings = tracking
    payload: dict[str, Any] = message.get()
    return payload


def _judge(status: int) -> Delivery:
    """https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses"""
    if status in _NOT_NOW:
        return Delivery.NOT_NOW
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Delivery.REFUSED
    return Delivery.UNCLEAR


def _words(answer: Any) -> str:
    """The messages in SendGrid's error body, else the body as it is."""
    try:
        errors = answer.json()["errors"]
        return "; ".join(f"{e['message']} ({e['field']})" if e.get("field") else e["message"] for e in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.text)
