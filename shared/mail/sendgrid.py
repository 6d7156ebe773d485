"""Mail by Twilio SendGrid: POST /v3/mail/send, once; and its lists of addresses that it delivers nothing to."""

import base64
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from shared.http.client import Http, NotConnected, Throttled, Unclear, Unreachable, json_of
from shared.mail.base import CannotTell, Delivery, Mail, Receipt, Undeliverable, UndeliverableReason
from shared.mail.message import InvalidMail, check, extra_headers
from shared.text import address, one_line

_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_TIMEOUT = (5.0, 30.0)
_LISTS = {
    "bounces": UndeliverableReason.BOUNCED,
    "invalid_emails": UndeliverableReason.INVALID,
    "spam_reports": UndeliverableReason.COMPLAINED,
}
"""An address in one of them is accepted with 202 and dropped."""


class SendGridSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr = Field(
        min_length=1,
        description="an API key with the rights Mail Send, Suppressions and Unsubscribe Groups (read)",
    )
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

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        """https://www.twilio.com/docs/sendgrid/api-reference/bounces-api/retrieve-a-bounce and its neighbours."""
        of = quote(address(to), safe="@")
        for name, reason in _LISTS.items():
            for entry in _entries(self._read(f"/v3/suppression/{name}/{of}")):
                return Undeliverable(reason, _reason(entry))
        if since is not None:
            for entry in _entries(self._read(f"/v3/suppression/blocks/{of}")):
                if _created(entry) >= int(since.timestamp()):
                    return Undeliverable(UndeliverableReason.BLOCKED, _reason(entry))
        everything = self._read(f"/v3/asm/suppressions/global/{of}")
        if everything == {}:
            return None
        if isinstance(everything, dict) and everything.get("recipient_email"):
            return Undeliverable(UndeliverableReason.UNSUBSCRIBED)
        raise CannotTell("SendGrid answered whether an address unsubscribed with something else.")

    def _read(self, path: str) -> Any:
        """One answer in JSON. Raises CannotTell, whatever stood in the way."""
        key = self._settings.api_key.get_secret_value()
        try:
            answer = self._http.read(
                "GET",
                f"{self._settings.host}{path}",
                headers={"Authorization": f"Bearer {key}"},
                timeout=_TIMEOUT,
            )
            if answer.status_code == HTTPStatus.OK:
                return json_of(answer)
        except (Unreachable, Throttled) as error:
            raise CannotTell(one_line(str(error).replace(key, "(key)"), 300)) from None
        words = one_line(_words(answer).replace(key, "(key)"), 300)
        raise CannotTell(f"SendGrid answered {answer.status_code} to {path.rpartition('/')[0]}: {words}")


def _payload(mail: Mail) -> dict[str, Any]:
    """The request's body."""
    from sendgrid.helpers import mail as parts

    check(mail)
    message = parts.Mail(
        from_email=parts.From(address(mail.sender), mail.sender_name),
        to_emails=parts.To(address(mail.to)),
        subject=mail.subject,
        plain_text_content=parts.PlainTextContent(mail.text),
        html_content=parts.HtmlContent(mail.html),
    )
    message.reply_to = parts.ReplyTo(address(mail.reply_to))
    for name, value in extra_headers(mail).items():
        message.add_header(parts.Header(name, value))
    message.add_custom_arg(parts.CustomArg("mail_id", mail.id))
    for file in mail.attachments:
        content = parts.FileContent(base64.b64encode(file.content).decode())
        name, kind = parts.FileName(file.name), parts.FileType(file.media_type)
        attached = parts.Attachment(content, name, kind, parts.Disposition("attachment"))
        if file.content_id:
            attached.disposition, attached.content_id = (
                parts.Disposition("inline"),
                parts.ContentId(file.content_id),
            )
        message.add_attachment(attached)
    _set_what_the_account_would_decide(message)
    payload: dict[str, Any] = message.get()
    return payload


def _set_what_the_account_would_decide(message: Any) -> None:
    """The mail says itself all that the SendGrid account's settings would else decide.

    Links in our mails are signed, so SendGrid must not rewrite them; and a link that ends all mails to an address by
    one GET is followed by mail scanners.
    """
    from sendgrid.helpers import mail as parts

    tracking = parts.TrackingSettings()
    tracking.click_tracking = parts.ClickTracking(enable=False, enable_text=False)
    tracking.open_tracking = parts.OpenTracking(enable=False)
    tracking.subscription_tracking = parts.SubscriptionTracking(enable=False)
    tracking.ganalytics = parts.Ganalytics(enable=False)
    message.tracking_settings = tracking
    message.mail_settings = parts.MailSettings(
        footer_settings=parts.FooterSettings(enable=False), sandbox_mode=parts.SandBoxMode(enable=False)
    )


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


def _entries(answer: Any) -> list[dict[str, Any]]:
    """The rows of a list's answer. Raises CannotTell for another shape: it must not look like an empty list."""
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise CannotTell("SendGrid answered a question about an address with something that is not a list.")
    return answer


def _reason(entry: dict[str, Any]) -> str:
    return one_line(str(entry.get("reason") or ""), 300)


def _created(entry: dict[str, Any]) -> int:
    """Seconds since 1970. Raises CannotTell: an old refusal says nothing of a mail, and that is known of no other."""
    try:
        return int(float(entry["created"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise CannotTell("SendGrid does not say when the recipient's server refused a mail.") from None
