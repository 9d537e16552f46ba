"""What a peer answers to a conversation, without what belongs to the server or the connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import httpx

from tests.examples.running import InvocationFailed
from tests.parity.asks import Ask
from tests.parity.conversations import CONVERSATIONS
from tests.parity.peers import HOST, PATIENCE, Peer

# Headers that no application of the examples sends, or that say nothing more than the body does.
IGNORED: Final = {
    "date": "the clock of the server, and a Function URL's own",
    "server": "the name of the server, and a Function URL's own",
    "connection": "of this one connection",
    "transfer-encoding": "how this one connection delimits the body",
    "content-length": "counted anew by front doors and servers; the body itself is compared",
}
NO_ANSWER: Final = 0
VARYING: Final = "(another each time)"


class Answer(NamedTuple):
    """The answer to one request. status: NO_ANSWER where there was none, and text says why.

    headers: sorted by name. text: the body, as latin-1.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str


class Outcome(NamedTuple):
    """The answers to a conversation, and what the peer wrote to its log."""

    answers: tuple[Answer, ...]
    log: str


def converse(peer: Peer, example: str, variables: Mapping[str, str]) -> Outcome:
    """What a peer that is started for it answers to the conversation of an example."""
    answers: list[Answer] = []
    with peer.run(example, variables) as asked:
        for ask in CONVERSATIONS[example]:
            # Who gave no answer to one request is asked no more: some would never return.
            failed = bool(answers) and answers[-1].status == NO_ANSWER
            answers.append(answers[-1] if failed else answer(asked.transport, asked.url, ask))
    return Outcome(tuple(answers), asked.log)


def answer(transport: httpx.BaseTransport, url: str, ask: Ask) -> Answer:
    """The answer to one request. No client adds headers of its own, nor keeps cookies."""
    headers = [("host", HOST), ("user-agent", "parity"), ("accept-encoding", "identity")]
    names = [name for name, _ in ask.headers]
    headers = [pair for pair in headers if pair[0] not in names]
    headers += [(name, value.format(host=HOST)) for name, value in ask.headers]
    request = httpx.Request(
        ask.method,
        url + ask.target,
        headers=headers,
        content=ask.body or None,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)},
    )
    try:
        response = transport.handle_request(request)
        response.read()
    except (httpx.TransportError, InvocationFailed) as error:
        return Answer(NO_ANSWER, (), f"{type(error).__name__}: {error}")
    fields = sorted(
        (name, comparable(ask, value) if name != "allow" else ", ".join(sorted(value.split(", "))))
        for name, value in response.headers.multi_items()
        if name not in IGNORED
    )
    # Whatever an adapter returns to a HEAD, its front door sends no body.
    body = b"" if ask.method == "HEAD" else response.content
    return Answer(response.status_code, tuple(fields), comparable(ask, body.decode("latin-1")))


def comparable(ask: Ask, text: str) -> str:
    """A text without what differs by nature.

    That is what `varies` names, and the scheme of links to the host itself: the servers are asked
    over plain HTTP, and front doors over TLS.
    """
    text = re.sub(rf"\b(http|ws)://{re.escape(HOST)}", rf"\1s://{HOST}", text)
    for pattern in ask.varies:
        text = re.sub(pattern, VARYING, text)
    return text
