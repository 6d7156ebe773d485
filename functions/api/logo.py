"""S18: the logo on reports and on the portal."""

import base64
import binascii
import hashlib
from typing import Any

from fastapi import APIRouter, Response

from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from shared.accounts import audit
from shared.errors import NotFound, Rejected
from shared.reports.logo import re_encoded
from shared.storage import keys

router = APIRouter(prefix="/accounts/{account}/logo", tags=["logo"])
PNG = "image/png"
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {PNG: {"schema": {"type": "string", "format": "binary"}}}}
}
_EXAMPLE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class NewLogo(Given):
    model_config = Given.model_config | examples({"image": _EXAMPLE})

    image: str
    """A PNG or JPEG file of at most 502 x 81 pixels and 512 KB, as base64."""


class ShownLogo(Shown):
    model_config = Shown.model_config | examples({"width": 240, "height": 60})

    width: int
    height: int


@router.get("", operation_id="getLogo", response_class=Response, responses=PICTURE)
def get(asking: Reader) -> Response:
    """The picture, as it stands on reports."""
    kept = asking.wired.blobs.get(keys.logo_blob(asking.account))
    if kept is None:
        raise NotFound("There is no logo: reports show the account's name.")
    return picture(kept)


@router.put("", operation_id="saveLogo")
def save(asked: NewLogo, asking: Admin) -> ShownLogo:
    """Replaces the logo. A larger picture is refused with its own size: nobody's logo is made smaller in silence."""
    try:
        data = base64.b64decode(asked.image, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("The picture is not sent as base64.", "not_base64", "image") from None
    logo = re_encoded(data)
    name = keys.logo_blob(asking.account)
    before = asking.wired.blobs.get(name)
    asking.wired.blobs.put(name, logo.png)
    _record(asking, before, logo.png)
    return ShownLogo(width=logo.width, height=logo.height)


@router.delete("", operation_id="removeLogo", status_code=204)
def remove(asking: Admin) -> None:
    """From then on reports and the portal show the account's name."""
    name = keys.logo_blob(asking.account)
    before = asking.wired.blobs.get(name)
    asking.wired.blobs.delete(name)
    _record(asking, before, None)


def picture(png: bytes) -> Response:
    """A picture of ours; a browser must take it for nothing else."""
    kept_for = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(png, media_type=PNG, headers=kept_for)


def _record(asking: Principal, before: bytes | None, after: bytes | None) -> None:
    told = [hashlib.sha256(png).hexdigest()[:16] if png else "" for png in (before, after)]
    if told[0] != told[1]:
        audit.record(asking.tables, asking.account, asking.actor, "logo.changed", asking.account, *told)
