"""Weather of two stations at once, in Quart-Trio: nurseries, a timeout, a worker of the lifespan.

What to know: nothing has to be said for trio. `adapt` recognises a QuartTrio, also under
middleware, and runs it on a trio loop that is kept from one invocation to the next; for other
applications that need trio say `adapt(app, backend="trio")`. Tasks in `app.nursery` go on between
requests too, until Lambda freezes the environment.
"""

import math

import trio
from quart import ResponseReturnValue, jsonify, request
from quart_trio import QuartTrio

from asgi_lambda import adapt

app = QuartTrio(__name__)
STATIONS = {"north": -4.5, "south": 21.0}
# What the worker counts comes in through one end, and is read at the other.
ask, asked = trio.open_memory_channel[str](math.inf)
counts = dict.fromkeys(STATIONS, 0)


@app.before_serving
async def start_worker() -> None:
    app.nursery.start_soon(count)


async def count() -> None:
    async for station in asked:
        counts[station] += 1


async def measure(station: str, into: dict[str, float]) -> None:
    # A real station is asked over the network, which is why both are asked at once.
    await trio.lowlevel.checkpoint()
    await ask.send(station)
    into[station] = STATIONS[station]


@app.get("/weather")
async def weather() -> ResponseReturnValue:
    temperatures: dict[str, float] = {}
    async with trio.open_nursery() as nursery:
        for station in STATIONS:
            nursery.start_soon(measure, station, temperatures)
    return jsonify(dict(sorted(temperatures.items())))


@app.get("/counts")
async def counted() -> ResponseReturnValue:
    return jsonify(counts)


@app.get("/patience")
async def patience() -> ResponseReturnValue:
    # A request may be less patient than Lambda; at Lambda's own deadline it is cancelled as well.
    with trio.move_on_after(float(request.args.get("seconds", "0.01"))) as scope:
        await trio.sleep_forever()
    return jsonify(gave_up=scope.cancelled_caught)


handler = adapt(app)
