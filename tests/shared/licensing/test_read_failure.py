"""Why something was not read, as it is stored: a problem and what only this case has; the sentence is made of them."""

import json

import pytest

from shared.licensing import customer_lists, optional_reads, reading
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.models import FailureCause, NotRead
from shared.microsoft.read_problems import ReadProblem, sentence

OWN = [
    customer_lists.NO_CUSTOMERS,
    customer_lists.NO_GDAP,
    optional_reads.NONE_LEFT,
    optional_reads.INTERRUPTED,
    optional_reads.NO_IDS,
    reading.TIMED_OUT,
    reading.NOT_LISTED,
    reading.NO_ACTIVE_GDAP,
]


@pytest.mark.parametrize("problem", ReadProblem)
def test_every_problem_has_a_sentence_that_ends(problem: ReadProblem) -> None:
    told = sentence(problem, "Nothing.")
    assert told.endswith(".")
    assert "{" not in told
    assert (
        ReadFailure(cause=FailureCause.TENANT, code="x", problem=problem, detail="Nothing.").sentence == told
    )


@pytest.mark.parametrize("problem", ReadProblem)
def test_what_is_stored_holds_no_sentence_of_ours(problem: ReadProblem) -> None:
    failed = NotRead(FailureCause.TENANT, "x", problem, "503")
    stored = json.loads(ReadFailure.of(failed).body())
    assert stored == {"blame": "tenant", "code": "x", "problem": problem.value, "detail": "503"}
    assert ReadFailure.model_validate(stored).sentence == failed.sentence


def test_a_refusal_that_was_stored_with_its_sentence_still_says_it() -> None:
    before = (
        '{"blame":"tenant","code":"AADSTS65001","sentence":"The app has no consent in this tenant. Give it."}'
    )
    loaded = ReadFailure.model_validate_json(before)
    assert (loaded.cause, loaded.code) == (FailureCause.TENANT, "AADSTS65001")
    assert loaded.sentence == "The app has no consent in this tenant. Give it."
    assert ReadFailure.model_validate_json(loaded.body()) == loaded


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.code)
def test_one_of_ours_that_was_stored_with_other_words_is_the_same_one(own: ReadFailure) -> None:
    before = {"blame": own.cause.value, "code": own.code, "sentence": "In the words of another day."}
    assert ReadFailure.model_validate_json(json.dumps(before)) == own


def test_a_problem_of_a_newer_host_is_read_by_its_code() -> None:
    newer = ReadFailure.model_validate_json('{"blame":"tenant","code":"AADSTS1","problem":"of_tomorrow"}')
    assert (newer.problem, newer.sentence) == (None, "Microsoft could not be read. Look up the code.")
