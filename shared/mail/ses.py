"""Mail by Amazon SES: the finished message to SendEmail of its API v2, once."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from shared.mail.base import CannotTell, Delivery, Mail, Receipt, Undeliverable, UndeliverableReason
from shared.mail.message import InvalidMail, build
from shared.text import address, one_line

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_THROTTLED = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"}
)
"""What AWS says about its rates and quotas, sometimes with status 400."""
_CONNECT, _ANSWER = 5, 30
"""Seconds to wait; together far below the time after which a mail counts as lost."""


class SesSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="the AWS region of the sender's identity, such as eu-west-1",
    )
    access_key_id: str = Field(
        pattern=r"^[A-Z0-9]{16,128}$",
        description="the id of an access key that may ses:SendRawEmail and ses:GetSuppressedDestination",
    )
    secret_access_key: SecretStr = Field(min_length=1, description="the secret of `access_key_id`")
    configuration_set: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="the name of a configuration set that tracks no opens and no clicks",
    )
    endpoint: str = Field(
        default="", description="empty for the region's own address, or the https address of another one"
    )

    @field_validator("endpoint")
    @classmethod
    def _secure(cls, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        local = parts.hostname in {"127.0.0.1", "localhost"}
        if endpoint and (
            not parts.hostname or parts.scheme not in ({"https", "http"} if local else {"https"})
        ):
            raise ValueError("an https address")
        return endpoint.rstrip("/")


class SesTransport:
    """The links in our mails are signed, so no clicks may be tracked: the configuration set is named in each request.

    Otherwise that of the sender's identity would be taken, whatever it does.
    """

    def __init__(self, settings: SesSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now

    def send(self, mail: Mail) -> Receipt:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            request = _request(mail, self._settings.configuration_set, self._now())
        except InvalidMail as error:
            return Receipt(Delivery.REFUSED, why=str(error))
        try:
            answer = self._client.send_email(**request)
        except ClientError as error:
            return Receipt(_judge(error), why=self._without_secret(_words(error)))
        except BotoCoreError as error:
            delivery = Delivery.NOT_NOW if _never_left(error) else Delivery.UNCLEAR
            return Receipt(delivery, why=self._without_secret(f"Amazon SES: {error}"))
        reference = one_line(answer.get("MessageId", ""), 100)
        if not reference:  # somebody else's page between Amazon and us
            return Receipt(Delivery.UNCLEAR, why="Amazon SES answered without saying which message it took")
        return Receipt(Delivery.ACCEPTED, reference)

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetSuppressedDestination.html"""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_suppressed_destination(EmailAddress=address(to))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NotFoundException":
                return None
            raise CannotTell(self._without_secret(_words(error))) from error
        except BotoCoreError as error:
            raise CannotTell(self._without_secret(f"Amazon SES: {error}")) from error
        reason = answer.get("SuppressedDestination", {}).get("Reason")
        if reason not in _SUPPRESSED:
            raise CannotTell("Amazon SES answered a question about an address with something else.")
        return Undeliverable(_SUPPRESSED[reason])

    @cached_property
    def _client(self) -> Any:
        """Made with the first mail. Keys, region and address are the settings' alone, whatever AWS_... says."""
        from boto3.session import Session
        from botocore.config import Config

        given = self._settings
        return Session().client(
            "sesv2",
            region_name=given.region,
            endpoint_url=given.endpoint or None,
            aws_access_key_id=given.access_key_id,
            aws_secret_access_key=given.secret_access_key.get_secret_value(),
            config=Config(
                connect_timeout=_CONNECT,
                read_timeout=_ANSWER,
                retries={"total_max_attempts": 1},  # a mail is handed over once
                ignore_configured_endpoint_urls=True,
                proxies={},
            ),
        )

    def _without_secret(self, words: str) -> str:
        return one_line(words, 300).replace(self._settings.secret_access_key.get_secret_value(), "(key)")


_SUPPRESSED = {"BOUNCE": UndeliverableReason.BOUNCED, "COMPLAINT": UndeliverableReason.COMPLAINED}


def _request(mail: Mail, configuration_set: str, at: datetime) -> dict[str, Any]:
    message = build(mail, at)
    return {
        "Destination": {"ToAddresses": [address(mail.to)]},
        "Content": {"Raw": {"Data": message.as_bytes()}},
        "ConfigurationSetName": configuration_set,
        "EmailTags": [{"Name": "mail_id", "Value": mail.id}],
    }


def _judge(error: "ClientError") -> Delivery:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status in _NOT_NOW or error.response.get("Error", {}).get("Code") in _THROTTLED:
        return Delivery.NOT_NOW
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Delivery.REFUSED
    return Delivery.UNCLEAR


def _words(error: "ClientError") -> str:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    told = error.response.get("Error", {})
    return f"Amazon SES answered {status}: {told.get('Code', '')} {told.get('Message', '')}"


def _never_left(error: Exception) -> bool:
    """No connection came about, so nothing was handed over; of all else it is not known."""
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

    return isinstance(error, (ConnectTimeoutError, EndpointConnectionError))
