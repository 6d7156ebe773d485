"""The page behind an exclude link: GET shows it, POST records the exclusion."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from functions.pages.edge import answer, form
from functions.queues.alerts import judge_again
from functions.queues.edge import send
from shared.licensing import product_names
from shared.wiring import Wiring

if TYPE_CHECKING:
    from shared.alerts.exclude_link.page import ExcludePage, ExcludePages

bp = func.Blueprint()


@bp.route("exclude/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def show_exclude(req: func.HttpRequest) -> func.HttpResponse:
    """Scanners of mails follow every link: this changes nothing."""

    def shown(wired: Wiring) -> tuple[int, str]:
        page = _desk(wired).look(req.route_params["token"])
        return _shown(page)

    return answer(shown)


@bp.route("exclude/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def exclude(req: func.HttpRequest) -> func.HttpResponse:
    """Whoever holds the link may do this one thing, once or twice."""

    def pressed(wired: Wiring) -> tuple[int, str]:
        page, recorded = _desk(wired).press(req.route_params["token"], form(req))
        for work in judge_again(wired, recorded) if recorded else ():
            send(wired, work)
        return _shown(page)

    return answer(pressed)


def _shown(page: "ExcludePage") -> tuple[int, str]:
    from shared.alerts.exclude_link.page import LinkOutcome, render

    status = {
        LinkOutcome.ASKED: HTTPStatus.OK,
        LinkOutcome.EXCLUDED: HTTPStatus.OK,
        LinkOutcome.WRONG_INPUT: HTTPStatus.BAD_REQUEST,
        LinkOutcome.NOT_VALID: HTTPStatus.NOT_FOUND,
        LinkOutcome.RETIRED: HTTPStatus.GONE,
    }
    return status[page.outcome], render(page)


def _desk(wired: Wiring) -> "ExcludePages":
    from shared.alerts.exclude_link.page import ExcludePages

    return ExcludePages(wired.tables, wired.links, lambda: product_names.load(wired.blobs), wired.clock())
