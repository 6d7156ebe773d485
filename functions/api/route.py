"""The one Functions route of the API. FastAPI comes with the first request: timers and queues never pay for it."""

from typing import Any

import azure.functions as func

from shared.wiring import wiring

bp = func.Blueprint()
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@bp.route("{*path}", methods=METHODS, auth_level=func.AuthLevel.ANONYMOUS)
async def api(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Every address below /api that no page has; the app itself asks who is calling."""
    from functions.api.app import app_for

    return await answered(app_for(wiring()), req, context)


async def answered(app: Any, req: func.HttpRequest, context: Any) -> func.HttpResponse:
    """What the app answers; what is no address at all it never sees."""
    from functions.api.requests import bad_address

    if refused := bad_address(req.url):
        return func.HttpResponse(
            bytes(refused.body), status_code=refused.status_code, mimetype=refused.media_type
        )
    middleware: Any = func.AsgiMiddleware(app)
    answer: func.HttpResponse = await middleware.handle_async(req, context)
    return answer
