"""Many invocations at once, on one event loop or in threads, as Managed Instances send them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.runtime.clients import start
from tests.runtime.double import NEXT, RUNTIME, Behaviour
from tests.runtime.events import STREAM, deadline, request

if TYPE_CHECKING:
    from tests.runtime.clients import Client
    from tests.runtime.double import Received


def give(client: Client, path: str, count: int, source: str = "function-url") -> list[str]:
    """Hand out so many requests; their ids."""
    ids = [f"id-{number}" for number in range(count)]
    client.api.wait_for(NEXT, count)
    for each in ids:
        client.api.give(request(path, source=source), each, Lambda_Runtime_Trace_Id=f"Root={each}")
    return ids


def at_once(client: Client, path: str) -> bool:
    """Whether no request had ended before all had begun."""
    begun = [note.at for note in client.notes if note.what == f"begins {path}"]
    ended = [note.at for note in client.notes if note.what == f"ends {path}"]
    return max(begun) < min(ended)


def test_a_handler_serves_all_on_one_loop() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="8") as client:
        ids = give(client, "/ids", 8)
        answers = [client.api.answer(each) for each in ids]
        log = client.log

    said = [ast.literal_eval(each.content["body"]) for each in answers]
    for identifier, (first, second, _) in zip(ids, said, strict=True):
        assert first == second == (identifier, f"Root={identifier}", identifier)
        assert f"{identifier}\tlogged" in log
    assert len({pid for _, _, pid in said}) == 1
    assert at_once(client, "/ids")
    questions = [each for each in client.api.requests if each.what == NEXT]
    assert len({each.connection for each in questions}) == 8


@pytest.mark.parametrize("handler", ["web.decorated", "trio_web.handler"])
def test_any_other_callable_runs_in_threads(handler: str) -> None:
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="8") as client:
        ids = give(client, "/ids", 8)
        answers = [client.api.answer(each) for each in ids]

    said = [ast.literal_eval(each.content["body"]) for each in answers]
    assert [first for first, _, _ in said] == [(each, f"Root={each}", each) for each in ids]
    assert at_once(client, "/ids")


def test_a_plain_function_knows_its_invocation() -> None:
    with start("functions.meets", AWS_LAMBDA_MAX_CONCURRENCY="4") as client:
        client.api.wait_for(NEXT, 4)
        for number in range(4):
            client.api.give(4, f"id-{number}")
        answers = [client.api.answer(f"id-{number}") for number in range(4)]

    assert [each.content for each in answers] == [f"id-{number}" for number in range(4)]
    assert all(f"id-{number}\tmet" in client.log for number in range(4))


def test_a_failure_is_that_of_its_invocation() -> None:
    with start("functions.raises", AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        failed = client.api.invoke("plain", "failed", Lambda_Runtime_Invocation_Id="a-nonce")
        again = client.api.invoke("stop", "again")

    assert failed.what == f"POST {RUNTIME}/invocation/failed/error"
    assert failed.headers["lambda-runtime-invocation-id"] == "a-nonce"
    assert [each.content["errorType"] for each in (failed, again)] == [
        "ValueError",
        "StopIteration",
    ]
    [frame] = failed.content["stackTrace"]
    assert "in raises" in frame


def test_events_of_queues_reach_a_plain_function_in_a_thread() -> None:
    with start("web.queue", AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        assert client.api.invoke({"queue": 1}).content == {"took": {"queue": 1}}
        assert client.api.invoke(request("/answer/x"), "two").content["body"] == "x"


def test_streams_go_on_side_by_side() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="4", **STREAM) as client:
        ids = give(client, "/chunks/3/0.1", 4)
        answers = [client.api.answer(each) for each in ids]

    assert all(len(each.pieces) == 3 for each in answers)
    assert at_once(client, "/chunks/3/0.1")


def test_each_has_its_own_deadline() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        client.api.wait_for(NEXT)
        client.api.give(request("/hang/first"), "hangs", Lambda_Runtime_Deadline_Ms=deadline(0.4))
        other = client.api.invoke(request("/answer/x"), "other")
        hangs = client.api.answer("hangs")

    assert hangs.content["statusCode"] == 504
    assert other.content["body"] == "x"


def test_a_deadline_that_is_years_ahead_is_none() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        client.api.wait_for(NEXT)
        answer = client.api.invoke(request("/answer/x"), Lambda_Runtime_Deadline_Ms=deadline(1e9))

    assert answer.content["body"] == "x"


def test_the_next_invocation_is_tried_again() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["next"] += [Behaviour(500, b"no")] * 2
        assert client.api.invoke(request("/answer/x")).content["body"] == "x"
        client.api.wait_for(NEXT, 4)
        client.api.behaviours["next"] += [Behaviour(500, b"no")] * 9
        client.api.invoke(request("/answer/x"), "two")

        assert client.wait_for_end() == 1
        assert client.api.whats().count(NEXT) == 3 + 1 + 5
    assert client.log.count("to get the next invocation failed") == 2 + 4


@pytest.mark.parametrize("end", ["response", "error"])
def test_a_result_that_is_not_taken_leaves_the_others_alone(end: str) -> None:
    handler = "functions.echo" if end == "response" else "functions.raises"
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        client.api.behaviours[end] += [Behaviour(500, b"no"), Behaviour(cut=0)]
        for identifier in ("refused", "cut", "fine"):
            client.api.invoke("plain", identifier)

    assert "answered the result of an invocation with 500: no (request refused)" in client.log
    assert "The result of an invocation was not taken" in client.log
    assert "(request cut)" in client.log


def test_a_runtime_api_that_goes_away_ends_the_process_and_all_that_it_does() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="4") as client:
        give(client, "/hang/first", 3)
        client.wait_for_note("begins /hang/first", times=3)
        client.api.close()

        assert client.wait_for_end() == 1
    assert client.noted.count("cancelled") == 3


def test_after_three_that_do_not_end_the_others_still_do() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="4") as client:
        client.api.wait_for(NEXT)
        client.api.give(request("/chunks/5/0.2"), "slow")
        client.wait_for_note("begins /chunks/5/0.2")
        for number in range(3):
            client.api.give(
                request("/hang/stubborn"), str(number), Lambda_Runtime_Deadline_Ms=deadline(0.3)
            )
        slow = client.api.answer("slow")

        assert client.wait_for_end() == 1
    assert slow.content["statusCode"] == 200


@pytest.mark.parametrize(
    ("variables", "count"), [({}, 10_000), (STREAM, 3_000)], ids=["buffered", "streamed"]
)
def test_many_invocations_leave_nothing_behind(variables: dict[str, str], count: int) -> None:
    """After as many, in which what is filled once has been: caches, pools, the allocator."""
    memory, failure = request("/"), request("/raise")
    with start("web.flat", AWS_LAMBDA_MAX_CONCURRENCY="8", **variables) as client:
        for number in range(2 * count):
            client.api.give(memory if number % 100 else failure, str(number))
        # A question and an answer for each; to look at them any earlier would take long.
        client.api.until(lambda: len(client.api.requests) >= 4 * count)
        answers = [client.api.answer(str(number)) for number in (count + 1, 2 * count - 1)]

    early, late = (_memory(each, streamed=bool(variables)) for each in answers)
    # KiB: 100 bytes for each of 10,000, which is less than one object with attributes takes.
    assert late - early < 1_000


def _memory(answer: Received, *, streamed: bool) -> int:
    body = answer.body.rpartition(b"\0")[2] if streamed else answer.content["body"]
    return int(body)


def test_a_function_that_exits_ends_the_process() -> None:
    with start("functions.exits", AWS_LAMBDA_MAX_CONCURRENCY="2") as client:
        client.api.give("7")

        assert client.wait_for_end() == 7
