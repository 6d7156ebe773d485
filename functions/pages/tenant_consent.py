"""The page that Microsoft leads a customer's administrator back to (K4): GET shows what came, POST proves it."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from functions.pages.edge import answer, form
from shared import templates
from shared.accounts import audit
from shared.accounts.audit import Actor, Via
from shared.errors import NotFound, Rejected
from shared.text import one_line
from shared.wiring import Wiring

if TYPE_CHECKING:
    from shared.licensing.tenant_consent import ConsentWords, Returned

bp = func.Blueprint()
LONGEST = 2_000
"""Characters that are read of a parameter: Microsoft's own are shorter."""


@bp.route("tenant-consent", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def show_tenant_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Who looks, or looks ahead, changes nothing."""
    return answer(lambda wired: looked(wired, req))


@bp.route("tenant-consent", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def take_tenant_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Whoever comes back from Microsoft may answer this one question, once."""

    def pressed(wired: Wiring) -> tuple[int, str]:
        form(req)
        return taken(wired, req)

    return answer(pressed)


def looked(wired: Wiring, req: func.HttpRequest) -> tuple[int, str]:
    try:
        returned = wired.tenant_consents.look(_words(req), wired.clock())
    except Rejected as refused:
        return _refused(refused)
    text = "You let Seatwise read the licences of your organisation. Finish, and Seatwise tries it."
    return HTTPStatus.OK, _page(f"Consent of {one_line(returned.asked.customer, 80)}", text, button="Finish")


def taken(wired: Wiring, req: func.HttpRequest) -> tuple[int, str]:
    try:
        returned = wired.tenant_consents.look(_words(req), wired.clock())
        proven = _prove(wired, returned)
    except Rejected as refused:
        return _refused(refused)
    except NotFound:
        return HTTPStatus.GONE, _page("This link is no longer in use", "Ask your IT provider for a new one.")
    if not proven:
        # Why is the provider's matter: they see it in Seatwise, where they try again.
        text = (
            "Your consent was noted, but Microsoft does not let Seatwise in yet: that may take some minutes. Go back "
            "and finish again then; or leave it to your IT provider, who can try again, too."
        )
        return HTTPStatus.OK, _page("Nearly done", text)
    return HTTPStatus.OK, _page(
        "Done", "Seatwise can read your licences. You can close this page.", done=True
    )


def _prove(wired: Wiring, returned: "Returned") -> bool:
    """Whether the tenant could be read. Raises Rejected, NotFound."""
    from shared.microsoft.models import NotRead

    account, tenant = returned.account, returned.asked.tenant_id
    by = Actor("administrator of the customer, by a consent link", Via.LINK, wired.clock())
    with audit.noted(wired.tables, account, by, "tenant.consented", tenant):
        try:
            told = wired.tenant_consents.take(returned, by.now).value
        except NotRead as failed:
            told = f"not read: {failed.code}"
        audit.record(wired.tables, account, by, "tenant.consented", tenant, "", told)
    return not told.startswith("not read")


def _words(req: func.HttpRequest) -> "ConsentWords":
    from shared.licensing.tenant_consent import ConsentWords

    names = ("state", "admin_consent", "tenant", "error")
    return ConsentWords(*(str(req.params.get(name, ""))[:LONGEST] for name in names))


def _refused(refused: Rejected) -> tuple[int, str]:
    gone = refused.code == "consent_over"
    heading = "This link is not valid" if gone else "Nothing was changed"
    return HTTPStatus.GONE if gone else HTTPStatus.BAD_REQUEST, _page(heading, refused.reason)


def _page(heading: str, text: str, *, button: str = "", done: bool = False) -> str:
    template = templates.html().get_template("consent.html")
    style = templates.style("page.css")
    return template.render(heading=heading, text=(text,), button=button, done=done, style=style)
