"""Starlette's own WebSocket applications, as they are written for any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from asgi_lambda import adapt
from tests.applications import http_event
from tests.websocket.play import FakeAPI, connect, disconnect, live, message

if TYPE_CHECKING:
    from starlette.requests import Request


async def chat(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="json")
    await websocket.send_json({"room": websocket.query_params.get("room")})
    try:
        while True:
            message = await websocket.receive_json()
            await websocket.send_json({"echo": message})
    except WebSocketDisconnect as error:
        websocket.app.state.left.append(error.code)


async def denied(websocket: WebSocket) -> None:
    if websocket.query_params["how"] == "close":
        await websocket.close(1008)
    elif websocket.query_params["how"] == "raise":
        raise HTTPException(401, "who?")
    else:
        await websocket.send_denial_response(JSONResponse({"detail": "no"}, 401))


class Counter(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        self.number = 0
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        self.number += 1
        await websocket.send_text(f"{self.number}{data}")
        if self.number == 2:
            await websocket.close(4000, "enough")


async def page(request: Request) -> JSONResponse:
    return JSONResponse({"left": request.app.state.left})


def application(endpoint: Any) -> Starlette:
    app = Starlette(routes=[WebSocketRoute("/", endpoint), Route("/page", page)])
    app.state.left = []
    return app


def test_a_conversation_beside_pages(api: FakeAPI) -> None:
    app = application(chat)
    handler = adapt(app, websocket_linger=0)
    fields = {"Sec-WebSocket-Protocol": "json"}
    assert handler(connect(headers=fields, query={"room": "1"})) == {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": "json"},
    }
    assert handler(http_event(path="/page"))["body"] == '{"left":[]}'
    handler(message('"a"'))
    handler(disconnect(code=1001))
    assert api.sent() == ['{"room":"1"}', '{"echo":"a"}']
    assert handler(http_event(path="/page"))["body"] == '{"left":[1001]}'


def test_denials(api: FakeAPI) -> None:
    handler = adapt(application(denied), websocket_linger=0)
    assert handler(connect(query={"how": "close"})) == {"statusCode": 403}
    answer = handler(connect(query={"how": "respond"}))
    assert (answer["statusCode"], answer["body"]) == (401, '{"detail":"no"}')
    answer = handler(connect(query={"how": "raise"}))
    assert (answer["statusCode"], answer["body"]) == (401, "who?")


def test_an_endpoint_class(api: FakeAPI) -> None:
    handler = adapt(application(Counter), websocket_linger=0)
    handler(connect())
    for _ in range(2):
        handler(message("!"))
    assert api.calls == [("post", "one", "1!"), ("post", "one", "2!"), ("delete", "one", "")]
    assert live(handler) == []


def test_a_route_that_is_not_there(api: FakeAPI) -> None:
    handler = adapt(Starlette(routes=[WebSocketRoute("/other", chat)]), websocket_linger=0)
    assert handler(connect()) == {"statusCode": 403}
