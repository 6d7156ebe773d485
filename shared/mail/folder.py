"""Mails as files in a folder: for the sandbox, and for a first look at what would be sent."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from shared.mail.base import Delivery, Mail, Receipt, Undeliverable
from shared.mail.message import InvalidMail, build


class FolderSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="the folder that mails are written to; it is made when it is missing")


class FolderTransport:
    """Writes `DATE-ID.eml`, `.html`, `.txt` and the attachments; a mail that is there already is not written again."""

    def __init__(self, settings: FolderSettings, now: Callable[[], datetime]) -> None:
        self._folder = settings.path
        self._now = now

    def send(self, mail: Mail) -> Receipt:
        at = self._now()
        try:
            message = build(mail, at)
        except InvalidMail as error:
            return Receipt(Delivery.REFUSED, why=str(error))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            there = next(self._folder.glob(f"????-??-??-{mail.id}.eml"), None)
            if there is None:
                there = self._folder / f"{at:%Y-%m-%d}-{mail.id}.eml"
                _write(there.with_suffix(".html"), mail.html.encode())
                _write(there.with_suffix(".txt"), mail.text.encode())
                for file in mail.attachments:
                    _write(there.with_name(f"{there.stem}-{file.name}"), file.content)
                _write(there, message.as_bytes())  # last: who sees the .eml finds the others
        except OSError as error:
            return Receipt(
                Delivery.NOT_NOW, why=f"the folder {self._folder} cannot be written: {error.strerror}"
            )
        return Receipt(Delivery.ACCEPTED, reference=there.name)

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        """A folder takes everything."""
        return None


def _write(path: Path, body: bytes) -> None:
    """All of the file or nothing of it, also for a reader that looks in between."""
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    begun.write_bytes(body)
    begun.replace(path)
