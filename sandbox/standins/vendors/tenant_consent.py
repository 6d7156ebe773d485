"""The page at which an administrator of a customer's tenant lets a partner's app in, and the way back.

Sources: learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent, .../identity-platform/v2-admin-consent
"""

from html import escape
from urllib.parse import urlencode

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.sign_in import HTML, page


def asked(state: State, request: Request) -> Answer:
    """The page with "Accept"; with the choice made, what the app may do from now on, and the way back."""
    tenant, words = request.path.strip("/").partition("/")[0].lower(), request.query
    directory = state.find("tenant", tenant)
    apps = [partner for partner in state.all("partner") if partner["client_id"] == words.get("client_id")]
    if directory is None or not apps or not words.get("redirect_uri"):
        wrong = (
            "<p>AADSTS90002, AADSTS700016 or AADSTS50011: no such tenant, application or reply address.</p>"
        )
        return Answer(400, page("This consent cannot be asked for", wrong), content_type=HTML)
    match words.get("choice"):
        case "accept":
            _let_in(state, directory, apps[0])
            back = {"admin_consent": "True", "tenant": directory["id"]}
        case "cancel":
            back = {"error": "access_denied", "error_subcode": "cancel"}
            back["error_description"] = "AADSTS65004: User declined to consent to access the app."
        case _:
            return Answer(200, _choices(request, directory, apps[0]), content_type=HTML)
    if "state" in words:
        back["state"] = words["state"]
    return Answer(302, b"", {"Location": f"{words['redirect_uri']}?{urlencode(back)}"})


def _let_in(state: State, directory: Document, app: Document) -> None:
    """All permissions of the registration: those for its users and those of the app itself."""

    def edit(document: Document) -> None:
        if access := document["access"].get(app["key"]):
            access.update({"consent": True, "app_consent": True})

    state.change("tenant", directory["id"], edit)


def _choices(request: Request, directory: Document, app: Document) -> bytes:
    rows = []
    for choice, word in (("accept", "Accept"), ("cancel", "Cancel")):
        address = f"?{escape(urlencode({**request.query, 'choice': choice}), quote=True)}"
        rows.append(f'<li><a href="{address}" id="{choice}"><b>{word}</b></a></li>')
    who = f"<p>Administrator of {escape(directory['name'])}</p>"
    what = (
        f"<p>The app of {escape(app['name'])} wants to read the licences and users of your organisation.</p>"
    )
    note = "<p>This is the sandbox's stand-in of Microsoft's consent page.</p>"
    return page("Permissions requested", f"{who}{what}<ul>{''.join(rows)}</ul>{note}")
