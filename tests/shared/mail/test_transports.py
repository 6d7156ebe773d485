"""The transports against real servers and a real folder: the contract, and the traps of each."""

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string
from email.policy import default
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.mail.base import (
    Attachment,
    CannotTell,
    Delivery,
    Mail,
    Receipt,
    Transport,
    Undeliverable,
    UndeliverableReason,
)
from shared.mail.folder import FolderSettings, FolderTransport
from shared.mail.message import build
from shared.mail.registry import TRANSPORTS, TransportServices, transport
from shared.mail.sendgrid import SendGridSettings, SendGridTransport
from shared.mail.ses import SesSettings, SesTransport
from shared.mail.smtp import Security, SmtpSettings, SmtpTransport
from tests.shared.mail.contract import (
    NOW,
    Provider,
    RemoteContract,
    Says,
    TransportContract,
    answering,
    free_port,
    http,
    http_server,
)
from tests.shared.mail.test_message import MAIL

KEY = "SG.secret-key"


class _Smtp:
    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        if self.provider.says is Says.NEVER:
            return "550 5.1.1 no such mailbox"
        if self.provider.says is Says.NOT_NOW:
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(to)
        return "250 ok"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        self.provider.subjects.append(str(message["Subject"]))
        if self.provider.says is Says.SILENCE_AFTER_BODY:
            server.transport.abort()
        return "250 2.0.0 queued"


@contextmanager
def smtp_server(provider: Provider, **options: Any) -> Iterator[int]:
    controller = Controller(_Smtp(provider), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def smtp_provider(_folder: Path) -> Iterator[Provider]:
    provider = Provider()
    with smtp_server(provider) as port:
        settings = SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE)
        provider.transport = SmtpTransport(settings, lambda: NOW)
        yield provider


def errors(message: str) -> bytes:
    return json.dumps({"errors": [{"message": message, "field": "from", "help": None}]}).encode()


def sendgrid_provider(_folder: Path) -> AbstractContextManager[Provider]:
    wrong_sender = "The from address does not match a verified Sender Identity."
    answers = {
        Says.YES: (202, b""),
        Says.NOT_NOW: (429, errors("too many requests")),
        Says.NEVER: (403, errors(wrong_sender)),
    }
    return answering(answers, sendgrid)


def sendgrid(address: str) -> SendGridTransport:
    return SendGridTransport(SendGridSettings.model_validate({"api_key": KEY, "host": address}), http())


AWS_SECRET = "aws/secret+key"


def ses(address: str) -> SesTransport:
    given = {
        "region": "eu-west-1",
        "access_key_id": "AKIA0123456789ABCDEF",
        "configuration_set": "no-tracking",
    }
    settings = {**given, "secret_access_key": AWS_SECRET, "endpoint": address}
    return SesTransport(SesSettings.model_validate(settings), lambda: NOW)


@dataclass
class SesProvider(Provider):
    """Amazon's rules as moto knows them; a server of our own for what moto never says: too fast, and silence."""

    failing: Transport | None = None

    def send(self, mail: Mail = MAIL) -> Receipt:
        if self.says is Says.NEVER:
            mail = replace(mail, sender="nobody@unverified.example")
        if self.says in {Says.YES, Says.NEVER}:
            receipt = super().send(mail)
            sent = [message_from_string(one.raw_data, policy=default) for one in moto_mails()]
            self.subjects = [str(one["Subject"]) for one in sent]
            return receipt
        assert self.failing is not None
        return self.failing.send(mail)


class SuppressionList:
    """The account's list at Amazon, which moto does not know: the two calls as Amazon documents them."""

    kept: ClassVar[dict[str, str]] = {}

    @classmethod
    def put(cls, request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
        given = json.loads(request.data)
        cls.kept[given["EmailAddress"]] = given["Reason"]
        return 200, {}, "{}"

    @classmethod
    def get(cls, _request: Any, url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
        of = unquote(url.rpartition("/")[2])
        if of not in cls.kept:
            return (
                404,
                {"x-amzn-ErrorType": "NotFoundException"},
                '{"message": "not on your suppression list"}',
            )
        row = {"EmailAddress": of, "Reason": cls.kept[of], "LastUpdateTime": NOW.timestamp()}
        return 200, {}, json.dumps({"SuppressedDestination": row})


def moto_mails() -> list[Any]:
    from moto.ses.models import ses_backends

    [account] = ses_backends
    kept: list[Any] = ses_backends[account]["eu-west-1"].sent_messages
    return kept


@contextmanager
def ses_provider(_folder: Path) -> Iterator[Provider]:
    from moto.server import ThreadedMotoServer
    from moto.sesv2.urls import url_paths

    provider = SesProvider()
    SuppressionList.kept.clear()
    url_paths["{0}/v2/email/suppression/addresses$"] = SuppressionList.put
    url_paths["{0}/v2/email/suppression/addresses/(?P<address>[^/]+)$"] = SuppressionList.get

    def answer() -> tuple[int, bytes]:
        return (429, b"{}") if provider.says is Says.NOT_NOW else (0, b"")

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        moto = "http://127.0.0.1:{1}".format(*server.get_host_and_port())
        http().write("POST", f"{moto}/moto-api/reset", timeout=(5, 5))
        transport = ses(moto)
        transport._client.create_email_identity(EmailIdentity=MAIL.sender)
        provider.transport = transport
        with http_server(provider, answer) as port:
            provider.failing = ses(f"http://127.0.0.1:{port}")
            yield provider
    finally:
        server.stop()


@contextmanager
def folder_provider(folder: Path) -> Iterator[Provider]:
    yield Provider(transport=FolderTransport(FolderSettings(path=folder / "mails"), lambda: NOW))


# -- the contract -----------------------------------------------------------------------------------------------


class TestFolder(TransportContract):
    kind, opened = "folder", staticmethod(folder_provider)


class TestSmtp(RemoteContract):
    kind, opened = "smtp", staticmethod(smtp_provider)


class TestSendGrid(RemoteContract):
    kind, opened = "sendgrid", staticmethod(sendgrid_provider)


class TestSes(RemoteContract):
    kind, opened = "ses", staticmethod(ses_provider)


def test_every_transport_of_the_registry_is_held_to_the_contract() -> None:
    for module in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.shared.mail.{module.stem}")
    held = [*TransportContract.__subclasses__(), *RemoteContract.__subclasses__()]
    assert {one.kind for one in held if one is not RemoteContract} == set(TRANSPORTS)


# -- SMTP -------------------------------------------------------------------------------------------------------


def test_nobody_listening_is_not_now() -> None:
    settings = SmtpSettings(host="127.0.0.1", port=free_port(), security=Security.NONE)
    assert SmtpTransport(settings, lambda: NOW).send(MAIL).delivery is Delivery.NOT_NOW


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    provider = Provider()
    with smtp_server(provider) as port:
        settings = SmtpSettings.model_validate(
            {"host": "127.0.0.1", "port": port, "user": "u", "password": "p"}
        )
        receipt = SmtpTransport(settings, lambda: NOW).send(MAIL)
    assert receipt.delivery is Delivery.NOT_NOW
    assert "STARTTLS" in receipt.why
    assert provider.subjects == []


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("password, expected", [("right", Delivery.ACCEPTED), ("wrong", Delivery.REFUSED)])
def test_a_mail_goes_over_tls_with_a_password(
    tmp_path: Path, security: Security, password: str, expected: Delivery
) -> None:
    server_tls, client_tls = certificate(tmp_path)
    provider = Provider()
    options: dict[str, Any] = {
        "authenticator": lambda _s, _e, _v, _m, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
        "auth_require_tls": False,
    }
    options |= (
        {"tls_context": server_tls, "require_starttls": True}
        if security is Security.STARTTLS
        else {"ssl_context": server_tls}
    )
    with smtp_server(provider, **options) as port:
        settings = SmtpSettings.model_validate(
            {"host": "localhost", "port": port, "security": security, "user": "u", "password": password}
        )
        receipt = SmtpTransport(settings, lambda: NOW, client_tls).send(MAIL)
    assert receipt.delivery is expected, receipt
    assert len(provider.subjects) == (expected is Delivery.ACCEPTED)
    assert password not in receipt.why


def test_a_server_that_cannot_prove_its_identity_gets_nothing(tmp_path: Path) -> None:
    server_tls, _ = certificate(tmp_path)
    provider = Provider()
    with smtp_server(provider, tls_context=server_tls) as port:
        settings = SmtpSettings.model_validate({"host": "localhost", "port": port})
        receipt = SmtpTransport(settings, lambda: NOW).send(MAIL)
    assert receipt.delivery is Delivery.NOT_NOW
    assert "certificate" in receipt.why.lower()
    assert provider.subjects == []


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that proves to be localhost, and a client that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


class Relay(socketserver.StreamRequestHandler):
    """A mail relay that is particular about the name it is greeted with."""

    answer: ClassVar[bytes] = b""
    lines: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 relay.example\r\n")
        for line in self.rfile:
            type(self).lines.append(line.strip())
            self.wfile.write(self.answer)
            if self.answer.startswith(b"421"):
                return


@contextmanager
def relay(answer: bytes) -> Iterator[int]:
    Relay.answer, Relay.lines = answer, []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "answer, delivery",
    [
        (b"421 4.7.0 greet me by a full name\r\n", Delivery.NOT_NOW),
        (b"504 5.5.2 need a full name\r\n", Delivery.REFUSED),
        (b"550 5.7.1 helo rejected\r\n", Delivery.REFUSED),
    ],
)
def test_a_relay_that_refuses_the_greeting_is_told_in_its_own_words(
    answer: bytes, delivery: Delivery
) -> None:
    with relay(answer) as port:
        settings = SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE)
        receipt = SmtpTransport(settings, lambda: NOW).send(MAIL)
    code, words = answer.decode().strip().split(" ", 1)
    assert receipt == Receipt(delivery, why=f"{code} {words}")
    assert Relay.lines[0] == b"ehlo msp.example", "by default the domain of the sender's address"


def test_a_relay_is_greeted_by_the_name_that_is_set() -> None:
    with relay(b"504 no\r\n") as port:
        settings = SmtpSettings(
            host="127.0.0.1", port=port, security=Security.NONE, ehlo_name="out.msp.example"
        )
        SmtpTransport(settings, lambda: NOW).send(MAIL)
    assert Relay.lines[0] == b"ehlo out.msp.example"


def test_a_relay_that_does_not_know_ehlo_is_greeted_with_helo() -> None:
    with relay(b"502 what?\r\n") as port:
        settings = SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE)
        SmtpTransport(settings, lambda: NOW).send(MAIL)
    assert Relay.lines[:2] == [b"ehlo msp.example", b"helo msp.example"]


# -- SendGrid ---------------------------------------------------------------------------------------------------


def sendgrid_answer(status: int, body: bytes) -> tuple[Receipt, Provider]:
    provider = Provider()
    with http_server(provider, lambda: (status, body)) as port:
        settings = SendGridSettings.model_validate({"api_key": KEY, "host": f"http://127.0.0.1:{port}/"})
        return SendGridTransport(settings, http()).send(MAIL), provider


@pytest.mark.parametrize(
    "status, expected",
    [
        (202, Delivery.ACCEPTED),
        (200, Delivery.UNCLEAR),
        (302, Delivery.UNCLEAR),
        (400, Delivery.REFUSED),
        (401, Delivery.REFUSED),
        (413, Delivery.REFUSED),
        (429, Delivery.NOT_NOW),
        (500, Delivery.UNCLEAR),
        (503, Delivery.UNCLEAR),
    ],
)
def test_sendgrids_status_decides(status: int, expected: Delivery) -> None:
    receipt, provider = sendgrid_answer(status, errors("its words"))
    assert receipt.delivery is expected
    assert len(provider.payloads) == 1
    if expected is not Delivery.ACCEPTED:
        assert receipt.why == f"SendGrid answered {status}: its words (from)"


def test_used_up_credits_are_a_refusal_in_sendgrids_words() -> None:
    receipt, _ = sendgrid_answer(401, errors("Maximum credits exceeded"))
    assert receipt.delivery is Delivery.REFUSED
    assert "Maximum credits exceeded" in receipt.why


def test_sendgrids_words_are_kept_but_never_the_key() -> None:
    receipt, _ = sendgrid_answer(401, b"<html>\r\n<p>bad key " + KEY.encode() + b"</p>" + b"x" * 5000)
    assert receipt.why.startswith("SendGrid answered 401: <html> <p>bad key (key)</p>xxx")
    cut, _ = sendgrid_answer(401, b"x" * 295 + KEY.encode())
    assert KEY[:3] not in cut.why
    assert len(receipt.why) < 400


def test_nobody_listening_at_sendgrid_is_not_now() -> None:
    settings = SendGridSettings.model_validate({"api_key": KEY, "host": f"http://127.0.0.1:{free_port()}"})
    assert SendGridTransport(settings, http()).send(MAIL).delivery is Delivery.NOT_NOW


def test_sendgrid_gets_the_whole_mail_and_leaves_its_links_alone() -> None:
    _, provider = sendgrid_answer(202, b"")
    [payload] = provider.payloads
    assert payload["path"] == "/v3/mail/send"
    assert payload["key"] == f"Bearer {KEY}"
    assert payload["personalizations"] == [{"to": [{"email": MAIL.to}]}]
    assert payload["from"] == {"email": MAIL.sender, "name": MAIL.sender_name}
    assert payload["reply_to"] == {"email": MAIL.reply_to}
    assert payload["content"] == [
        {"type": "text/plain", "value": MAIL.text},
        {"type": "text/html", "value": MAIL.html},
    ]
    assert payload["headers"]["Auto-Submitted"] == "auto-generated"
    assert payload["headers"]["List-Unsubscribe"] == "<mailto:help@msp.example?subject=Unsubscribe>"
    assert payload["custom_args"] == {"mail_id": MAIL.id}
    assert payload["tracking_settings"]["click_tracking"] == {"enable": False, "enable_text": False}
    assert payload["tracking_settings"]["open_tracking"] == {"enable": False}
    assert payload["tracking_settings"]["subscription_tracking"] == {"enable": False}
    assert payload["tracking_settings"]["ganalytics"] == {"enable": False}
    assert payload["mail_settings"] == {"footer": {"enable": False}, "sandbox_mode": {"enable": False}}


def test_sendgrid_gets_the_attachment_whole() -> None:
    provider = Provider()
    file = Attachment("rows.csv", "text/csv", "\ufeffSöhne\r\n".encode())
    with http_server(provider, lambda: (202, b"")) as port:
        sendgrid(f"http://127.0.0.1:{port}").send(replace(MAIL, attachments=(file,)))
    [sent] = provider.payloads[0]["attachments"]
    assert (sent["filename"], sent["type"], sent["disposition"]) == ("rows.csv", "text/csv", "attachment")
    assert base64.b64decode(sent["content"]) == file.content


LISTS = "/v3/suppression/"


@pytest.mark.parametrize(
    "path, body, reason",
    [
        (
            f"{LISTS}bounces/",
            [{"created": 1, "reason": "550 5.1.1 no such user"}],
            UndeliverableReason.BOUNCED,
        ),
        (f"{LISTS}invalid_emails/", [{"created": 1, "reason": "no MX"}], UndeliverableReason.INVALID),
        (f"{LISTS}spam_reports/", [{"created": 1, "ip": "10.0.0.1"}], UndeliverableReason.COMPLAINED),
        ("/v3/asm/suppressions/global/", {"recipient_email": MAIL.to}, UndeliverableReason.UNSUBSCRIBED),
        (
            f"{LISTS}blocks/",
            [{"created": int(NOW.timestamp()), "reason": "550 spam"}],
            UndeliverableReason.BLOCKED,
        ),
        (
            f"{LISTS}blocks/",
            [{"created": f"{NOW.timestamp():.0f}", "reason": "550 spam"}],
            UndeliverableReason.BLOCKED,
        ),
        (f"{LISTS}blocks/", [{"created": int(NOW.timestamp()) - 1, "reason": "550 spam"}], None),
        ("nothing", [], None),
    ],
)
def test_sendgrids_lists_say_why_an_address_gets_nothing(
    path: str, body: object, reason: UndeliverableReason | None
) -> None:
    provider = Provider()

    def answer(asked: str) -> tuple[int, bytes]:
        empty: object = {} if "global" in asked else []
        return 200, json.dumps(body if asked == path + MAIL.to else empty).encode()

    with http_server(provider, lambda: (202, b""), answer) as port:
        transport = sendgrid(f"http://127.0.0.1:{port}")
        found = transport.undeliverable(MAIL.to, NOW)
        before = transport.undeliverable(MAIL.to)
    assert (found.reason if found else None) == reason
    assert before == (None if reason is UndeliverableReason.BLOCKED else found)
    if found and isinstance(body, list):
        assert found.why == body[0].get("reason", "")


@pytest.mark.parametrize(
    "status, body",
    [(403, errors("access forbidden")), (200, b"{}"), (200, b"<html>"), (200, b"[1]"), (404, b"")],
)
def test_what_sendgrid_does_not_say_is_never_taken_for_a_clean_list(status: int, body: bytes) -> None:
    with (
        http_server(Provider(), lambda: (202, b""), lambda _: (status, body)) as port,
        pytest.raises(CannotTell, match=r"SendGrid|127\.0\.0\.1") as caught,
    ):
        sendgrid(f"http://127.0.0.1:{port}").undeliverable(MAIL.to)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("body", [[], None, "", 0, False, {"errors": []}, {"recipient_email": None}, [{}]])
def test_who_unsubscribed_at_sendgrid_is_told_or_nobody_can_tell(body: object) -> None:
    def answer(path: str) -> tuple[int, bytes]:
        return 200, json.dumps(body if "global" in path else []).encode()

    with (
        http_server(Provider(), lambda: (202, b""), answer) as port,
        pytest.raises(CannotTell, match="unsubscribed"),
    ):
        sendgrid(f"http://127.0.0.1:{port}").undeliverable(MAIL.to)


@pytest.mark.parametrize(
    "entry",
    [{}, {"created": None}, {"created": ""}, {"created": "yesterday"}, {"created": []}, {"created": "1e999"}],
)
def test_a_refusal_at_sendgrid_that_has_no_time_is_not_taken_for_an_old_one(entry: dict[str, object]) -> None:
    def answer(path: str) -> tuple[int, bytes]:
        empty: object = {} if "global" in path else []
        return 200, json.dumps([entry] if "blocks" in path else empty).encode()

    with http_server(Provider(), lambda: (202, b""), answer) as port:
        transport = sendgrid(f"http://127.0.0.1:{port}")
        assert transport.undeliverable(MAIL.to) is None
        with pytest.raises(CannotTell, match="when"):
            transport.undeliverable(MAIL.to, NOW)


def test_an_address_is_one_part_of_the_path_at_sendgrid_whatever_stands_in_it() -> None:
    asked: list[str] = []

    def answer(path: str) -> tuple[int, bytes]:
        asked.append(path)
        return 200, b"{}" if "global" in path else b"[]"

    with http_server(Provider(), lambda: (202, b""), answer) as port:
        assert sendgrid(f"http://127.0.0.1:{port}").undeliverable("a/b?c#d@msp.example") is None
    assert [path.rpartition("/")[2] for path in asked] == ["a%2Fb%3Fc%23d@msp.example"] * 4


# -- Amazon SES -------------------------------------------------------------------------------------------------


@dataclass
class Amazon:
    """One server and one client for all these tests: a client of boto3 takes half a second to make."""

    provider: Provider
    transport: SesTransport | None = None
    says: tuple[int, bytes] = (200, b'{"MessageId": "0102"}')
    asked: tuple[int, bytes] = (500, b"")

    def ask(self) -> Undeliverable | None:
        assert self.transport is not None
        return self.transport.undeliverable(MAIL.to)

    def send(self, status: int = 200, body: bytes = b'{"MessageId": "0102"}') -> Receipt:
        assert self.transport is not None
        self.provider.payloads.clear()
        self.says = status, body
        return self.transport.send(MAIL)


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    amazon = Amazon(Provider())
    with http_server(amazon.provider, lambda: amazon.says, lambda _: amazon.asked) as port:
        amazon.transport = ses(f"http://127.0.0.1:{port}/")
        yield amazon


@pytest.mark.parametrize(
    "status, code, expected",
    [
        (400, "MessageRejected", Delivery.REFUSED),
        (400, "SendingPausedException", Delivery.REFUSED),
        (400, "LimitExceededException", Delivery.NOT_NOW),
        (400, "ThrottlingException", Delivery.NOT_NOW),
        (403, "SignatureDoesNotMatch", Delivery.REFUSED),
        (429, "TooManyRequestsException", Delivery.NOT_NOW),
        (302, "Elsewhere", Delivery.UNCLEAR),
        (500, "InternalFailure", Delivery.UNCLEAR),
        (503, "ServiceUnavailable", Delivery.UNCLEAR),
    ],
)
def test_amazons_status_and_code_decide_and_it_is_asked_once(
    amazon: Amazon, status: int, code: str, expected: Delivery
) -> None:
    receipt = amazon.send(status, json.dumps({"__type": code, "message": "its words"}).encode())
    assert receipt == Receipt(expected, why=f"Amazon SES answered {status}: {code} its words")
    assert len(amazon.provider.payloads) == 1


@pytest.mark.parametrize(
    "status, body", [(200, b"{}"), (200, b"<html>"), (200, b'{"Mess'), (502, b"<html>bad gateway</html>")]
)
def test_an_answer_that_is_not_amazons_is_unclear(amazon: Amazon, status: int, body: bytes) -> None:
    receipt = amazon.send(status, body)
    assert receipt.delivery is Delivery.UNCLEAR
    assert receipt.why.startswith("Amazon SES")
    assert len(amazon.provider.payloads) == 1


def test_amazons_words_are_kept_but_never_the_secret(amazon: Amazon) -> None:
    receipt = amazon.send(403, json.dumps({"message": f"{AWS_SECRET}\r\n {'x' * 5000}"}).encode())
    assert receipt.why.startswith("Amazon SES answered 403: ")
    assert "(key) xxx" in receipt.why
    assert AWS_SECRET not in receipt.why
    assert len(receipt.why) < 400


def test_nobody_listening_at_amazon_is_not_now() -> None:
    assert ses(f"http://127.0.0.1:{free_port()}").send(MAIL).delivery is Delivery.NOT_NOW


def test_amazon_gets_the_message_as_it_was_built_for_its_one_recipient(amazon: Amazon) -> None:
    assert amazon.send() == Receipt(Delivery.ACCEPTED, "0102")
    [payload] = amazon.provider.payloads
    assert payload["path"] == "/v2/email/outbound-emails"
    assert payload["Destination"] == {"ToAddresses": [MAIL.to]}
    sent = base64.b64decode(payload["Content"]["Raw"]["Data"])
    built = build(MAIL, NOW)
    built.set_boundary(message_from_bytes(sent, policy=default).get_boundary() or "")
    assert sent == built.as_bytes()
    assert payload["EmailTags"] == [{"Name": "mail_id", "Value": MAIL.id}]
    assert payload["ConfigurationSetName"] == "no-tracking"


@pytest.mark.parametrize(
    "reason, expected",
    [("BOUNCE", UndeliverableReason.BOUNCED), ("COMPLAINT", UndeliverableReason.COMPLAINED), ("", None)],
)
def test_amazons_suppression_list_says_why_an_address_gets_nothing(
    tmp_path: Path, reason: str, expected: UndeliverableReason | None
) -> None:
    with ses_provider(tmp_path) as provider:
        transport = provider.transport
        assert isinstance(transport, SesTransport)
        if reason:
            transport._client.put_suppressed_destination(EmailAddress=MAIL.to, Reason=reason)
        found = transport.undeliverable(MAIL.to)
        assert transport.undeliverable("else@msp.example") is None
    assert (found.reason if found else None) == expected


@pytest.mark.parametrize(
    "status, body",
    [(403, b'{"__type": "AccessDeniedException"}'), (200, b"{}"), (404, b"<html>"), (500, b"{}")],
)
def test_what_amazon_does_not_say_is_never_taken_for_a_clean_list(
    amazon: Amazon, status: int, body: bytes
) -> None:
    amazon.asked = status, body
    with pytest.raises(CannotTell, match="Amazon SES"):
        amazon.ask()


# -- folder -----------------------------------------------------------------------------------------------------


def test_a_mail_is_three_files_and_nothing_else(tmp_path: Path) -> None:
    FolderTransport(FolderSettings(path=tmp_path), lambda: NOW).send(MAIL)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"2026-11-22-{MAIL.id}{suffix}" for suffix in (".eml", ".html", ".txt")
    ]
    assert (tmp_path / f"2026-11-22-{MAIL.id}.txt").read_text() == MAIL.text


def test_a_mail_that_is_there_is_not_written_again_even_days_later(tmp_path: Path) -> None:
    first = FolderTransport(FolderSettings(path=tmp_path), lambda: NOW).send(MAIL)
    later = FolderTransport(FolderSettings(path=tmp_path), lambda: NOW + timedelta(days=2))
    assert later.send(replace(MAIL, text="another text")) == first
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / f"2026-11-22-{MAIL.id}.txt").read_text() == MAIL.text


def test_a_folder_that_cannot_be_written_is_not_now(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    receipt = FolderTransport(FolderSettings(path=tmp_path / "file"), lambda: NOW).send(MAIL)
    assert receipt.delivery is Delivery.NOT_NOW
    assert "cannot be written" in receipt.why


def test_an_attachment_is_a_file_beside_the_mail(tmp_path: Path) -> None:
    file = Attachment("rows.csv", "text/csv", b"a,b\r\n")
    FolderTransport(FolderSettings(path=tmp_path), lambda: NOW).send(replace(MAIL, attachments=(file,)))
    assert (tmp_path / f"2026-11-22-{MAIL.id}-rows.csv").read_bytes() == file.content
    assert len(list(tmp_path.iterdir())) == 4


# -- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, given, told",
    [
        ("pigeon", {}, "it names no mail transport; there are folder, "),
        ("folder", {}, "folder: path is missing: it must be the folder"),
        ("smtp", {}, "smtp: host is missing"),
        ("smtp", {"host": "h", "port": "x"}, "port must be a port from 1 to 65535"),
        ("smtp", {"host": "h", "security": "ssl"}, "security must be starttls, tls or none"),
        (
            "smtp",
            {"host": "h", "timeout_seconds": "26"},
            "timeout_seconds must be seconds to wait for each answer",
        ),
        ("smtp", {"host": "h", "user": "u"}, "user and password go together"),
        ("smtp", {"host": "h", "user": "u", "password": "p", "security": "none"}, "where a password is sent"),
        ("smtp", {"host": "h", "hots": "h"}, "hots is not a setting; there are host, port"),
        ("ses", {"region": "Ireland"}, "region must be the AWS region of the sender's identity"),
        (
            "ses",
            {"region": "eu-west-1"},
            "configuration_set is missing: it must be the name of a configuration set",
        ),
        (
            "smtp",
            {"host": "h", "ehlo_name": "[127.0.0.1]"},
            "ehlo_name must be the name that the relay is greeted",
        ),
        ("ses", {"region": "eu-west-1"}, "secret_access_key is missing: it must be the secret of"),
        ("ses", {"endpoint": "http://ses.example"}, "endpoint must be empty for the region's own address"),
        ("sendgrid", {}, "api_key is missing: it must be an API key with the rights Mail Send"),
        (
            "sendgrid",
            {"api_key": "k3y", "host": "http://api.sendgrid.com"},
            "host must be https://api.sendgrid",
        ),
        ("sendgrid", {"api_key": "k3y", "host": "ftp://127.0.0.1"}, "host must be https://api.sendgrid"),
    ],
)
def test_a_wrong_setting_names_itself_and_what_it_must_be(
    kind: str, given: dict[str, str], told: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        transport(kind, given, TransportServices(lambda: NOW, http()))
    assert told in str(caught.value)
    assert "k3y" not in str(caught.value)


@pytest.mark.parametrize(
    "kind, given, expected",
    [
        ("folder", {"path": "/somewhere"}, FolderTransport),
        ("smtp", {"host": "mail.example", "port": "25", "security": "none"}, SmtpTransport),
        ("sendgrid", {"api_key": KEY}, SendGridTransport),
        (
            "ses",
            {
                "region": "eu-west-1",
                "access_key_id": "AKIA0123456789ABCDEF",
                "secret_access_key": AWS_SECRET,
                "configuration_set": "no-tracking",
            },
            SesTransport,
        ),
    ],
)
def test_the_registry_makes_each_transport_from_plain_settings(
    kind: str, given: dict[str, str], expected: type
) -> None:
    assert isinstance(transport(kind, given, TransportServices(lambda: NOW, http())), expected)
