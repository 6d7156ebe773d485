"""What can be edited has a version: ETag out, If-Match in, so that nobody overwrites what they have not seen."""

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Response
from pydantic import BaseModel
from werkzeug.http import parse_etags

from functions.api.problems import Refused


def tag_of(shown: BaseModel) -> str:
    """The version of a thing as it is shown: the same content has the same tag."""
    return hashlib.sha256(shown.model_dump_json(by_alias=True).encode()).hexdigest()[:24]


def versioned[M: BaseModel](response: Response, shown: M) -> M:
    """Answer with the thing and its version."""
    response.headers["ETag"] = f'"{tag_of(shown)}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return shown


class SeenVersion:
    """The version that the caller has seen. A route that changes something editable asks for it."""

    def __init__(
        self,
        if_match: Annotated[
            str,
            Header(
                alias="If-Match",
                description="The ETag of what was read; without it 428, of another version 412",
                examples=['"9f86d081884c7d659a2feaa0"'],
            ),
        ] = "",
    ) -> None:
        self._given = if_match

    def check(self, current: BaseModel) -> None:
        """Raises Refused (428) without If-Match, and (412, with what is stored now) when it is another version's."""
        if not self._given:
            raise Refused(
                HTTPStatus.PRECONDITION_REQUIRED,
                "if_match",
                "Read it first, and send its ETag as If-Match, so that no change of somebody else is lost.",
            )
        if tag_of(current) not in parse_etags(self._given):
            raise Refused(
                HTTPStatus.PRECONDITION_FAILED,
                "changed_meanwhile",
                "Somebody else changed this since you read it. Compare, then save again.",
                current=current,
            )


type Seen = Annotated[SeenVersion, Depends(SeenVersion)]
