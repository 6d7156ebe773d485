"""The one HTTP edge, so far for pages: the form in, one service call, the page with its headers out."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import azure.functions as func

from shared import templates
from shared.wiring import Wiring, wiring

LARGEST_FORM: Final = 8 * 1024
MOST_FIELDS: Final = 20
_FORM: Final = "application/x-www-form-urlencoded"
_log = logging.getLogger("seatwise.http")


class Refused(Exception):
    """The request is not one that a page's own form sends."""

    def __init__(self, status: HTTPStatus, heading: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.heading, self.sentence = status, heading, sentence


def answer(work: Callable[[Wiring], tuple[int, str]]) -> func.HttpResponse:
    """Status and HTML of the page that `work` makes; what goes wrong is a page, too, and tells nothing else."""
    try:
        status, html = work(wiring())
    except Refused as refused:
        status, html = refused.status, _told(refused.heading, refused.sentence)
    except Exception:  # noqa: BLE001 - the edge: whoever clicked gets a page
        _log.exception("a page could not be made")
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        html = _told(
            "Seatwise could not do this just now",
            "Please try again in a few minutes. Pressing the button twice does no harm.",
        )
    return func.HttpResponse(
        html, status_code=status, headers=_headers(), mimetype="text/html", charset="utf-8"
    )


def form(request: func.HttpRequest) -> dict[str, str]:
    """The fields of a posted form; the first of a name counts. Raises Refused."""
    body = request.get_body()
    if len(body) > LARGEST_FORM:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "This is too much",
            "Please shorten the reason. Nothing was changed.",
        )
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "This is not a form",
            "Please use the button on the page. Nothing was changed.",
        )
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "This form cannot be read",
            "Please use the button on the page. Nothing was changed.",
        ) from None
    return dict(reversed(fields))


def _told(heading: str, sentence: str) -> str:
    style = templates.style("page.css")
    return templates.html().get_template("page.html").render(heading=heading, text=(sentence,), style=style)


def _headers() -> dict[str, str]:
    """Nothing but our own style and form; the address, which is the right to act, goes to nobody else."""
    policy = (
        f"default-src 'none'; style-src '{templates.style('page.css').source}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
