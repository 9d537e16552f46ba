"""Every example under every server and adapter: the same answers as under `adapt`, or why not."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from scripts.example import CHECKOUT, environment, names
from tests.examples import aws
from tests.parity.answers import VARYING, Outcome, converse
from tests.parity.conversations import CONVERSATIONS
from tests.parity.differences import difference
from tests.parity.peers import ADAPT, PACKAGES, PEERS

PAIRS: Final = [(example, peer.name) for example in CONVERSATIONS for peer in PEERS]
# At a time: twice the cores of CI, since much of it is waiting for what another process does.
WORKERS: Final = 4
BUCKET: Final = "files"

Outcomes = Callable[[str], dict[str, Outcome]]


def pairs(*, different: bool) -> list[Any]:
    """The pairs that answer as `adapt` does, or those that do not."""
    return [
        pytest.param(*pair, id="-".join(pair))
        for pair in PAIRS
        if (difference(*pair) is not None) == different
    ]


@pytest.fixture(scope="session")
def services() -> Iterator[str]:
    """The address of AWS as moto plays it, with a bucket, and a table for each peer."""
    with aws.serving() as address:
        place = {"LocationConstraint": aws.REGION}
        s3 = aws.client(service="s3", address=address)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        for peer in (ADAPT, *PEERS):
            aws.client(service="dynamodb", address=address).create_table(
                TableName=f"notes-{peer.name}",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
        yield address


@pytest.fixture(scope="session")
def outcomes(services: str) -> Outcomes:
    """A function that gives what every peer answers for an example; each is asked once only."""

    @functools.cache
    def outcomes(example: str) -> dict[str, Outcome]:
        # Here, since two threads must not make it at a time.
        environment(example, *PACKAGES)
        with ThreadPoolExecutor(WORKERS) as pool:
            pending = {
                peer.name: pool.submit(converse, peer, example, variables(services, peer.name))
                for peer in (ADAPT, *PEERS)
            }
        return {name: future.result() for name, future in pending.items()}

    return outcomes


def variables(services: str, peer: str) -> dict[str, str]:
    """What the examples need that use AWS."""
    return {
        "AWS_ENDPOINT_URL": services,
        "BUCKET_NAME": BUCKET,
        "TABLE_NAME": f"notes-{peer}",
    }


def compared(outcomes: dict[str, Outcome], peer: str) -> tuple[int | None, ...]:
    """The status of each answer of a peer, None where it is the answer under `adapt`."""
    both = zip(outcomes[ADAPT.name].answers, outcomes[peer].answers, strict=True)
    return tuple(None if wanted == got else got.status for wanted, got in both)


def told(example: str, outcomes: dict[str, Outcome], peer: str) -> str:
    """Where the answers differ, and what the peer wrote."""
    answers = zip(outcomes[ADAPT.name].answers, outcomes[peer].answers, strict=True)
    lines = [
        f"{ask}\n  {ADAPT.name}: {wanted}\n  {peer}: {got}"
        for ask, (wanted, got) in zip(CONVERSATIONS[example], answers, strict=True)
        if wanted != got
    ]
    return "\n".join([*lines, "The log:", outcomes[peer].log[-3000:]])


def test_each_example_is_asked_something() -> None:
    assert sorted(CONVERSATIONS) == names()


@pytest.mark.parametrize("example", CONVERSATIONS)
def test_adapt_answers_as_it_should(example: str, outcomes: Outcomes) -> None:
    asks, answers = CONVERSATIONS[example], outcomes(example)[ADAPT.name].answers

    # Else all could agree on an error of the tests.
    assert [answer.status for answer in answers] == [ask.status for ask in asks]
    for ask, answer in zip(asks, answers, strict=True):
        assert str(answer).count(VARYING) >= len(ask.varies), "what is said to vary is not there"


@pytest.mark.parametrize(("example", "peer"), pairs(different=False))
def test_answers_are_those_of_adapt(example: str, peer: str, outcomes: Outcomes) -> None:
    found = outcomes(example)

    assert set(compared(found, peer)) == {None}, told(example, found, peer)


@pytest.mark.parametrize(("example", "peer"), pairs(different=True))
def test_difference_is_still_there(example: str, peer: str, outcomes: Outcomes) -> None:
    known = difference(example, peer)
    assert known is not None
    found = outcomes(example)
    statuses = compared(found, peer)

    if set(statuses) == {None}:
        pytest.fail(f"{peer} runs {example} as adapt does by now: take it out of DIFFERENCES")
    assert statuses == known.of(example), told(example, found, peer)
    text = "\n".join([found[peer].log, *(answer.text for answer in found[peer].answers)])
    assert re.search(known.sign, text), told(example, found, peer)


def test_bonnette_needs_its_shim() -> None:
    program = (
        "from azure.functions import HttpRequest; from bonnette import Bonnette;"
        "from examples.hello.app import app;"
        "Bonnette(app)(HttpRequest('GET', 'https://example.com/', body=b''))"
    )
    python = environment("hello", *PACKAGES)
    result = subprocess.run(
        [python, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert "unexpected keyword argument 'loop'" in result.stderr
