"""The checked way from a `Mail` to what leaves: addresses that are ones, headers that stay one line."""

import re
import unicodedata
from datetime import datetime
from email.contentmanager import raw_data_manager
from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime, formataddr

from shared.mail.base import Mail

_ID = re.compile(r"[A-Za-z0-9-]{1,120}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_OURS = frozenset({"from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "mime-version"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._'-]{0,40}")
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates would reorder the words that follow them; the marks and joiners that
# right-to-left scripts and emoji need are left alone.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class InvalidMail(ValueError):
    """This mail can never be sent as it is; the text says which part and why."""


def address(text: str) -> str:
    """Check one e-mail address and put it into its normal form. Raises ValueError with a sentence for a person."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        shown = one_line(text, 60) or "an empty text"
        raise InvalidMail(f"{shown} is not an e-mail address: {one_line(str(error), 200)}") from error
    return found.ascii_email or found.normalized


def one_line(text: str, most: int = 500) -> str:
    """Vendors' or people's text as one harmless line: control characters and line breaks become spaces."""
    kept = ("" if c in _REORDERING else " " if unicodedata.category(c) in _BREAKING else c for c in text)
    return _cut(" ".join("".join(kept).split()), most)


def header_text(text: str, most: int = 150) -> str:
    """As `one_line`, for a header: nothing in it can be taken for an RFC 2047 encoded word either."""
    # Only then: what was between "=" and "?" may be left out of the line.
    return _cut(one_line(text, len(text) + 1).replace("=?", "= ?"), most)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def check(mail: Mail) -> None:
    """Raise InvalidMail when a part of the mail may not leave: an address, a header, the id or an empty body."""
    if not _ID.fullmatch(mail.id):
        raise InvalidMail("a mail's id is 1 to 120 letters, digits and '-'")
    for text in (mail.sender, mail.to, mail.reply_to):
        address(text)
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
    if not (mail.subject and mail.text.strip() and mail.html.strip()):
        raise InvalidMail("a mail needs a subject, a text and an HTML body")


def extra_headers(mail: Mail) -> dict[str, str]:
    """What every mail of ours carries besides its addresses, the mail's own headers last."""
    return {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Unsubscribe": f"<mailto:{address(mail.reply_to)}?subject=Unsubscribe>",
        **mail.headers,
    }


def message_id(mail: Mail) -> str:
    """Derived from the mail's id: the same mail has the same Message-ID whoever builds it, whenever."""
    return f"<{mail.id}@{address(mail.sender).rpartition('@')[2]}>"


def build(mail: Mail, at: datetime) -> EmailMessage:
    """The mail as a MIME message of plain text and HTML. Raises InvalidMail."""
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
    return message


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
