"""Work after the response: the response is there at once, the next invocation when it is done."""

from __future__ import annotations

from tests.runtime.clients import start
from tests.runtime.double import NEXT, Behaviour
from tests.runtime.events import deadline, request


def test_the_response_is_there_while_the_work_goes_on() -> None:
    with start("web.handler") as client:
        received = client.api.invoke(request("/background/1"))
        following = client.api.wait_for(NEXT, 2)
        begun = client.wait_for_note("begins /background/1").at / 1e9

    assert received.content["body"] == "done"
    assert received.whole_at is not None
    assert received.whole_at - begun < 0.9
    assert following.at - begun > 0.99
    assert "one\tin the background" in client.log
    assert "held the response back" not in client.log


def test_responses_are_there_at_once() -> None:
    delays = []
    with start("web.handler") as client:
        for number in range(50):
            received = client.api.invoke(request("/background/0.05"), str(number))
            client.api.wait_for(NEXT, number + 2)
            begun = client.wait_for_note("begins /background/0.05", times=number + 1).at / 1e9
            assert received.whole_at is not None
            delays.append(received.whole_at - begun)

    # The benchmarks tell how soon; a busy machine has them here before the work is done, too.
    assert sorted(delays)[len(delays) // 2] < 0.04


def test_a_failure_in_the_work_is_logged_with_the_request() -> None:
    with start("web.handler") as client:
        received = client.api.invoke(request("/background/0.01/fail"), "with-work")
        client.api.wait_for(NEXT, 2)
        again = client.api.invoke(request("/answer/again"), "two")

    assert received.content["statusCode"] == 200
    assert again.content["body"] == "again"
    assert "raised an exception, after its response was complete (request with-work)" in client.log
    assert "LookupError: in the background" in client.log


def test_work_at_the_deadline_is_cancelled() -> None:
    with start("web.handler") as client:
        client.api.wait_for(NEXT)
        received = client.api.invoke(
            request("/hang/last"), Lambda_Runtime_Deadline_Ms=deadline(0.5)
        )
        again = client.api.invoke(request("/answer/again"), "two")

    assert (received.content["statusCode"], received.content["body"]) == (200, "part")
    assert again.content["body"] == "again"
    assert "cancelled" in client.noted


def test_what_may_fail_the_invocation_waits_for_the_end() -> None:
    with start("web.failing") as client:
        received = client.api.invoke(request("/status/503"))
        raised = client.api.invoke(request("/raise/first"), "two")

    assert received.what.endswith("/error")
    assert received.content["errorType"] == "ResponseFailed"
    assert raised.content["errorType"] == "LookupError"


def test_a_refusal_of_the_response_is_told_after_the_work() -> None:
    with start("web.handler") as client:
        client.api.behaviours["response"].append(Behaviour(410, b'{"errorType":"Late"}'))
        client.api.invoke(request("/background/0.05"))
        client.api.wait_for(NEXT, 2)

    assert "came too late, and was dropped (request one)" in client.log
