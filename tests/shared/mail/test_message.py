"""What leaves as a mail is what was meant, whatever text vendors and people put into it."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.mail.base import Attachment, Mail
from shared.mail.message import InvalidMail, build, check
from shared.text import address, header_text, one_line

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
MAIL = Mail(
    id="demo-digest-0123",
    sender="seatwise@msp.example",
    sender_name="Seatwise",
    reply_to="help@msp.example",
    to="billing@msp.example",
    subject="3 new: 2 licences without billing profile, 1 held push",
    text="Something to fix\n.\nand more\n",
    html="<p>Something to fix</p>",
)
HEADERS = [
    ("From", "Seatwise <seatwise@msp.example>"),
    ("To", "billing@msp.example"),
    ("Reply-To", "help@msp.example"),
    ("Subject", MAIL.subject),
    ("Date", "Sun, 22 Nov 2026 06:00:00 +0000"),
    ("Message-ID", "<demo-digest-0123@msp.example>"),
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "OOF, AutoReply, DR, RN, NRN"),
    ("List-Unsubscribe", "<mailto:help@msp.example?subject=Unsubscribe>"),
]
NASTY = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "Bcc: thief@evil.example", "\r\n\r\n<h1>", "--==",
                '"', "'",
                "<script>alert(1)</script>", "</td></tr></table>", "&amp;", "{{ 7*7 }}", "{% raw %}", "=?utf-8?q?x?=",
                "=cmd|' /C calc'!A0", "+1", "\u202eexe.", "\u2067", "עברית", "العربية", "👩‍👩‍👧", "é", "e\u0301",
                " ", "\t", ", ", ";", ":", "@", "\\", ".", "<a@b.example>", "x" * 90, "ü" * 60, "\ud800",
            ]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(build(mail, AT).as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def sender(mail: Mail) -> tuple[str, str]:
    """Name and address of From; Python's newer parser adds a blank between two encoded words of a name."""
    [(name, found)] = getaddresses([message_from_bytes(build(mail, AT).as_bytes())["From"]])
    return str(make_header(decode_header(name))), found


def plain_text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def with_part(part: str, text: str) -> Mail:
    changed: dict[str, Any] = {part: text}
    return replace(MAIL, **changed)


def structure(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_a_mail_has_every_header_of_an_automatic_mail_and_two_bodies() -> None:
    message = parsed(MAIL)
    assert [(name, str(value).strip()) for name, value in message.items()][: len(HEADERS)] == HEADERS
    assert structure(message) == ["multipart/alternative", "text/plain", "text/html"]
    assert plain_text(message) == MAIL.text
    assert message.get_body(("html",)).get_content().strip() == MAIL.html  # type: ignore[union-attr]


@given(NASTY, NASTY, NASTY)
@example("=?utf-8?q?Bcc=3A?=", "a\r\nBcc: thief@evil.example", "\r\n\r\n--==")
@example("é" * 100, "ü, " * 30, ".")
@example("=\u202e?utf-8?q?Bcc=3A?=", "=\u2066?", ".")
@example("x", "0" * 45 + "; 0", ".")
def test_no_text_changes_the_structure_or_the_headers(subject: str, name: str, body: str) -> None:
    mail = replace(
        MAIL,
        subject=header_text(subject) or "none",
        sender_name=header_text(name, 60),
        text=f"{one_line(body)}\nend\n",
        html=f"<p>{one_line(body)}</p>",
    )
    message = parsed(mail)
    plain = parsed(MAIL)
    assert message.keys() == plain.keys()
    assert structure(message) == structure(plain)
    assert str(message["Subject"]).strip() == mail.subject
    assert sender(mail) == (mail.sender_name, "seatwise@msp.example")
    for name_, value in HEADERS:
        if name_ not in {"Subject", "From"}:
            assert str(message[name_]).strip() == value
    assert plain_text(message) == mail.text


@pytest.mark.parametrize("name", ["Northwind, Inc.", "Doe, Jane <billing>", 'The "Best" MSP'])
def test_a_senders_name_with_a_comma_is_one_sender_as_it_was_written(name: str) -> None:
    mail = replace(MAIL, sender_name=name)
    assert sender(mail) == (name, "seatwise@msp.example")
    assert len(parsed(mail)["From"].addresses) == 1


@given(NASTY)
def test_one_line_is_one_line_and_says_so_of_itself(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 500
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
    assert line.encode().decode() == line


@pytest.mark.parametrize("part", ["subject", "sender_name"])
@pytest.mark.parametrize(
    "text", ["a\r\nBcc: thief@evil.example", "a\nb", "a\x00b", "\u202eb", "=?utf-8?q?x?="]
)
def test_a_header_that_is_not_one_plain_line_is_refused(part: str, text: str) -> None:
    with pytest.raises(InvalidMail, match="is not one plain line"):
        check(with_part(part, text))


@pytest.mark.parametrize(
    "name", ["To", "bcc", "Subject", "Content-Type", "X Y", "X:", "X\r\nBcc", "", "MIME-Version"]
)
def test_a_mail_cannot_set_the_headers_that_we_set(name: str) -> None:
    with pytest.raises(InvalidMail, match="is not a header that a mail may set itself"):
        check(replace(MAIL, headers={name: "x"}))


@pytest.mark.parametrize("part", ["sender", "to", "reply_to"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@",
        "a@b",
        "a b@c.example",
        "a@c.example\r\nBcc: d@e.example",
        "a@c.example,d@e.example",
    ],
)
def test_an_address_that_is_not_one_is_refused(part: str, text: str) -> None:
    with pytest.raises(InvalidMail, match="is not an e-mail address"):
        check(with_part(part, text))


def test_an_international_domain_goes_out_in_its_ascii_form() -> None:
    assert address(" rechnung@müller-it.de ") == "rechnung@xn--mller-it-65a.de"


@pytest.mark.parametrize("id_", ["", "a b", "a@b", "a/b", "ü", "a" * 121])
def test_an_id_that_is_no_plain_word_is_refused(id_: str) -> None:
    with pytest.raises(InvalidMail, match="a mail's id"):
        check(replace(MAIL, id=id_))


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_an_empty_mail_is_refused(part: str) -> None:
    with pytest.raises(InvalidMail, match="needs a subject"):
        check(with_part(part, ""))


def test_a_mail_may_bring_a_better_way_to_unsubscribe() -> None:
    own = {
        "List-Unsubscribe": "<https://msp.example/stop?k=1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    message = parsed(replace(MAIL, headers=own))
    assert message.get_all("List-Unsubscribe") == [own["List-Unsubscribe"]]
    assert message["List-Unsubscribe-Post"] == own["List-Unsubscribe-Post"]


@pytest.mark.parametrize(
    "local, encoded",
    [
        ("billing&ops", "billing%26ops"),
        ("a%b", "a%25b"),
        ("who?", "who%3F"),
        ("a+b", "a+b"),
        ("x/y#z", "x%2Fy%23z"),
    ],
)
def test_the_wish_to_get_no_more_mails_goes_to_the_address_that_was_meant(local: str, encoded: str) -> None:
    message = parsed(replace(MAIL, reply_to=f"{local}@msp.example"))
    assert message["List-Unsubscribe"] == f"<mailto:{encoded}@msp.example?subject=Unsubscribe>"


def test_an_attachment_stands_beside_the_two_bodies_and_arrives_as_it_was() -> None:
    content = "\ufeffCustomer\r\nSöhne\r\n.\r\n".encode()
    message = parsed(replace(MAIL, attachments=(Attachment("rows-2026.csv", "text/csv", content),)))
    assert structure(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/csv",
    ]
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("rows-2026.csv", content)
    assert plain_text(message) == MAIL.text


@pytest.mark.parametrize(
    "name, media_type",
    [
        ("../rows.csv", "text/csv"),
        ("a\r\nb.csv", "text/csv"),
        ("", "text/csv"),
        ("a.csv", "text"),
        ("a.csv", "a/b;c"),
    ],
)
def test_a_file_whose_name_or_type_is_no_plain_word_is_refused(name: str, media_type: str) -> None:
    with pytest.raises(InvalidMail, match="is not a file that a mail may carry"):
        check(replace(MAIL, attachments=(Attachment(name, media_type, b""),)))


def test_a_picture_stands_within_the_html_body_and_a_file_beside_the_bodies() -> None:
    picture = Attachment("logo.png", "image/png", b"\x89PNG", content_id="logo")
    message = parsed(replace(MAIL, attachments=(Attachment("r.pdf", "application/pdf", b"%PDF"), picture)))
    assert message.get_content_type() == "multipart/mixed"
    bodies, file = message.iter_parts()
    assert file.get_filename() == "r.pdf"
    plain, related = bodies.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    html, shown = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert (shown["Content-ID"], shown.get_content_disposition()) == ("<logo>", "inline")
    assert shown.get_content() == b"\x89PNG"
