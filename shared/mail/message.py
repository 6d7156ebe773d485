"""The checked way from a `Mail` to what leaves: addresses that are ones, headers that stay one line."""

import re
from datetime import datetime
from email.contentmanager import raw_data_manager
from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Any
from urllib.parse import quote

from shared.mail.base import Attachment, Mail
from shared.text import address, header_text, one_line

_ID = re.compile(r"[A-Za-z0-9-]{1,120}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_OURS = frozenset({"from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "mime-version"})
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._'-]{0,40}")


class InvalidMail(ValueError):
    """This mail can never be sent as it is; the text says which part and why."""


def check(mail: Mail) -> None:
    """Raise InvalidMail when a part of the mail may not leave: an address, a header, the id or an empty body."""
    if not _ID.fullmatch(mail.id):
        raise InvalidMail("a mail's id is 1 to 120 letters, digits and '-'")
    for text in (mail.sender, mail.to, mail.reply_to):
        try:
            address(text)
        except ValueError as wrong:
            raise InvalidMail(str(wrong)) from wrong
    _check_headers(mail)
    for file in mail.attachments:
        shown_as = file.content_id or "attached"
        if not (
            _FILE_NAME.fullmatch(file.name)
            and _MEDIA_TYPE.fullmatch(file.media_type)
            and _ID.fullmatch(shown_as)
        ):
            raise InvalidMail(f"{one_line(file.name, 60)} is not a file that a mail may carry")
    if not (mail.subject and mail.text.strip() and mail.html.strip()):
        raise InvalidMail("a mail needs a subject, a text and an HTML body")


def _check_headers(mail: Mail) -> None:
    for name, value in {
        "Subject": mail.subject,
        "the sender's name": mail.sender_name,
        **mail.headers,
    }.items():
        if value != header_text(value, 1000):
            raise InvalidMail(f"{name} is not one plain line")
    for name in mail.headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
            raise InvalidMail(f"{one_line(name, 60)} is not a header that a mail may set itself")


def extra_headers(mail: Mail) -> dict[str, str]:
    """What every mail of ours carries besides its addresses, the mail's own headers last."""
    return {
        "Auto-Submitted": "auto-generated",
        # Without NDR and "All": that a mail did not arrive is the one answer that we want.
        "X-Auto-Response-Suppress": "OOF, AutoReply, DR, RN, NRN",
        "List-Unsubscribe": f"<mailto:{_in_mailto(address(mail.reply_to))}?subject=Unsubscribe>",
        **mail.headers,
    }


def _in_mailto(address: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc6068#section-2"""
    return quote(address, safe="@!$*+'")


def message_id(mail: Mail) -> str:
    """Derived from the mail's id: the same mail has the same Message-ID whoever builds it, whenever."""
    return f"<{mail.id}@{address(mail.sender).rpartition('@')[2]}>"


def build(mail: Mail, at: datetime) -> EmailMessage:
    """The mail as a MIME message of plain text and HTML, and its attachments. Raises InvalidMail."""
    check(mail)
    message: EmailMessage = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(mail.sender_name, address(mail.sender))
    message["To"] = address(mail.to)
    message["Reply-To"] = address(mail.reply_to)
    message["Subject"] = Header(mail.subject, _charset(mail.subject), header_name="Subject")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(mail)
    for name, value in extra_headers(mail).items():
        message[name] = Header(value, _charset(value), header_name=name)
    message.set_content(mail.text, content_manager=raw_data_manager, cte="quoted-printable")
    message.add_alternative(
        mail.html, content_manager=raw_data_manager, subtype="html", cte="quoted-printable"
    )
    for file in sorted(
        mail.attachments, key=lambda file: not file.content_id
    ):  # what the body shows goes into it
        _attach(message, file)
    return message


def _attach(message: EmailMessage, file: Attachment) -> None:
    main, _, sub = file.media_type.partition("/")
    given: dict[str, Any] = {"maintype": main, "subtype": sub, "filename": file.name}
    given["content_manager"] = raw_data_manager
    if not file.content_id:
        message.add_attachment(file.content, **given)
        return
    html = message.get_body(("html",))
    if html is not None:
        html.add_related(file.content, cid=f"<{file.content_id}>", disposition="inline", **given)


# The newer policies fold long names and subjects wrongly (Python 3.13.0): blanks come and go, and a name with a comma
# can turn into two addresses. `Header` does it right.
_POLICY = compat32.clone(linesep="\r\n")


def _mailbox(name: str, address: str) -> Header | str:
    # `Header` folds at ";" and "," also inside quotes, and so would make two addresses of a long quoted name.
    if _PLAIN_NAME.fullmatch(name):
        return formataddr((name, address))
    header = Header(name, "utf-8", header_name="From")
    header.append(f"<{address}>", "us-ascii")
    return header


def _charset(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"
