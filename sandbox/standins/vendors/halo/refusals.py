"""How Halo says no: five shapes of an error, by what went wrong."""

from sandbox.standins.protocol import Answer


class Refused(Exception):
    """Halo refuses the request with this status and sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def error(status: int, message: str) -> Answer:
    """The body differs by the status, and a 403 has none that is JSON."""
    if status == 401:
        return Answer(401, {"error": "invalid_client", "error_description": message})
    if status == 403:
        return Answer(403, message.encode(), content_type="text/plain; charset=utf-8")
    if status == 404:
        return Answer(404, {"Message": message})
    if status == 400:
        return Answer(400, {"ClassName": "NHDException", "Message": message})
    return Answer(status, {"resultCode": status, "errorMessage": message})


def throttled(limit: int, retry_after: int | None) -> Answer:
    message = f"Rate Limit Reached - {limit} Requests per rolling 5 minute window"
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return Answer(429, message.encode(), headers, content_type="text/plain; charset=utf-8")
