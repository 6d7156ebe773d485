"""How Autotask says no: a list of texts, and mostly 500, also for what a caller did wrong."""

from sandbox.standins.protocol import Answer


class Refused(Exception):
    """Autotask refuses the request with this status and text."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def error(status: int, message: str) -> Answer:
    return Answer(status, {"errors": [message]})


def throttled(retry_after: int | None) -> Answer:
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    text = "The API request threshold of this database has been exceeded."
    return Answer(429, {"errors": [text]}, headers)


THREADS = "API thread threshold of 3 threads has been exceeded. (Itgenatr005)"
PERMISSIONS = "The logged in Resource does not have the adequate permissions to {what} this entity type."
