"""Mail by SMTP, step by step, so that it is known whether the body had left when something failed."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.mail.base import Delivery, Mail, Receipt, Undeliverable
from shared.mail.message import InvalidMail, build
from shared.text import address, one_line


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, description="the mail server's name, for example smtp.example.com")
    port: int = Field(
        default=587, ge=1, le=65535, description="a port from 1 to 65535; usually 587, with tls 465"
    )
    security: Security = Field(default=Security.STARTTLS, description="starttls, tls or none")
    user: str = Field(default="", description="the name to sign in with; empty signs in nobody")
    password: SecretStr = Field(default=SecretStr(""), description="the password of `user`")
    # A mail waits for about eleven answers: together less than SENDING_GRACE, after which it counts as lost.
    timeout_seconds: float = Field(
        default=20, gt=0, le=25, description="seconds to wait for each answer, more than 0 and at most 25"
    )
    ehlo_name: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)?$",
        description="the name that the relay is greeted with; empty for the domain of the sender's address",
    )

    @model_validator(mode="after")
    def _password_needs_company(self) -> Self:
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("user and password go together: set both or neither")
        if self.user and self.security is Security.NONE:
            raise ValueError("security must be starttls or tls where a password is sent")
        return self


class _Answer(Exception):
    """The server's definite no to one step."""

    def __init__(self, code: int, words: bytes) -> None:
        super().__init__(f"{code} {one_line(words.decode(errors='replace'), 300)}")
        self.delivery = Delivery.REFUSED if 500 <= code < 600 else Delivery.NOT_NOW


class SmtpTransport:
    """One connection per mail: a digest is one mail per recipient and day."""

    def __init__(
        self, settings: SmtpSettings, now: Callable[[], datetime], tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._now = now
        self._tls = tls or ssl.create_default_context()

    def send(self, mail: Mail) -> Receipt:
        body_left = False
        try:
            message = build(mail, self._now())
            with self._session(address(mail.sender).rpartition("@")[2]) as smtp:
                _expect(smtp.mail(address(mail.sender)), 250)
                _expect(smtp.rcpt(address(mail.to)), 250, 251)
                _expect(smtp.docmd("DATA"), 354)
                body_left = True
                smtp.send(_dotted(message.as_bytes()))
                _expect(smtp.getreply(), 250)
        except InvalidMail as error:
            return Receipt(Delivery.REFUSED, why=str(error))
        except _Answer as error:
            return Receipt(error.delivery, why=str(error))
        except (smtplib.SMTPException, OSError) as error:
            # No answer at all. Before the body left that is harmless, after it nobody can know.
            why = f"{self._settings.host}: {one_line(str(error), 300) or type(error).__name__}"
            return Receipt(Delivery.UNCLEAR if body_left else Delivery.NOT_NOW, why=why)
        return Receipt(Delivery.ACCEPTED, reference=str(message["Message-ID"]))

    @contextmanager
    def _session(self, domain: str) -> Iterator[smtplib.SMTP]:
        """Connect, secure and sign in; leave politely, whatever the server thinks of it."""
        given = self._settings
        name = given.ehlo_name or domain  # the host's own name is a container's: relays refuse it
        try:
            smtp: smtplib.SMTP
            if given.security is Security.TLS:
                smtp = smtplib.SMTP_SSL(
                    given.host, given.port, name, timeout=given.timeout_seconds, context=self._tls
                )
            else:
                smtp = smtplib.SMTP(given.host, given.port, name, timeout=given.timeout_seconds)
        except smtplib.SMTPResponseException as error:
            raise _as_answer(error) from error
        try:
            _greet(smtp)
            if given.security is Security.STARTTLS:
                _expect(smtp.starttls(context=self._tls), 220)
                _greet(smtp)
            if given.user:
                smtp.login(given.user, given.password.get_secret_value())
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        except smtplib.SMTPResponseException as error:
            raise _as_answer(error) from error
        finally:
            smtp.close()

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        """A relay tells by mail only, to the sender's mailbox."""
        return None


def _greet(smtp: smtplib.SMTP) -> None:
    """EHLO, and HELO only for a relay that does not know it: what it says to our name is its answer."""
    code, words = smtp.ehlo()
    if code in _EHLO_NOT_KNOWN:
        code, words = smtp.helo()
    _expect((code, words), 250)


_EHLO_NOT_KNOWN = frozenset({500, 502})


def _as_answer(error: smtplib.SMTPResponseException) -> _Answer:
    words = error.smtp_error
    return _Answer(error.smtp_code, words if isinstance(words, bytes) else words.encode())


def _expect(answer: tuple[int, bytes], *good: int) -> None:
    code, words = answer
    if code not in good:
        if code == -1:  # smtplib's word for a line that is no answer
            raise smtplib.SMTPServerDisconnected("the server's answer could not be understood")
        raise _Answer(code, words)


def _dotted(message: bytes) -> bytes:
    """RFC 5321 4.5.2: a line that starts with a dot gets another; a line of one dot ends the message."""
    return re.sub(rb"(?m)^\.", b"..", message).rstrip(b"\r\n") + b"\r\n.\r\n"
