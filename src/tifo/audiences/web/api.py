"""Audiences over the API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from tifo.audiences.queries import count, explain

router = Router(tags=["audiences"])


class Question(Schema):
    """A question about fans, e.g. `club.member and likes("judo") >= 0.6`."""

    expression: str


class Counted(Schema):
    """How many fans, as of when the lake was fresh, and the question in words."""

    count: int
    as_of: datetime | None
    words: str


@router.post("/count", response=Counted, url_name="audiences-count")
def count_audience(request: HttpRequest, question: Question) -> Counted:  # noqa: ARG001  the key's role was checked
    """How many fans are in an audience now."""
    found = count(question.expression)
    return Counted(count=found.count, as_of=found.as_of, words=str(explain(question.expression)))
