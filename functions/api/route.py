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

    answer: func.HttpResponse = await _middleware(app_for(wiring())).handle_async(req, context)
    return answer


def _middleware(app: Any) -> Any:
    return func.AsgiMiddleware(app)
