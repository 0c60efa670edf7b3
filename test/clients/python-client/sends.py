"""Sends events as an application does, and prints what it learns, a line each."""

import json
import os
from dataclasses import asdict

from pydantic import ValidationError

from tributary import Event, Flight, Tributary, TributaryError


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


client = Tributary(os.environ["URL"], "w", "/python", tries=4)
flight = Flight(origin="LAS", destination="PHX", distance=255, delay=4)
changed = flight.model_copy(update={"delay": 5})

wrongs: list[dict[str, object]] = [
    {"dealy": 4},
    {"distance": "255"},
    {"delay": 4.5},
    {"origin": None},
    {"origin": "LONGER"},
]
for wrong in wrongs:
    try:
        Flight(**{**flight.model_dump(), **wrong})
        say({"taken": wrong})
    except ValidationError as error:
        say({"refused": [one["loc"][0] for one in error.errors()]})

# Refused for now at first.
say(asdict(client.send([Event(flight, id="p1", sequence=1), Event(flight, id="p2", sequence=2)])))
say(asdict(client.send([Event(flight, id="p5", sequence=5), Event(changed, id="p1", sequence=1)])))
# What a model cannot know is judged by the platform.
say(asdict(client.send([Event(flight), Event(flight, id="x" * 2000)])))
say(asdict(client.send(Event(flight, time="yesterday"))))
reader = Tributary(os.environ["URL"], "r", "/python")
say(reader.query("flights_daily", by=[], where={"origin": ["LAS", "PHX"]})["metric"])
for refused in [reader, Tributary("http://127.0.0.1:9", "w", "/python", tries=1)]:
    try:
        say(asdict(refused.send([flight, flight])))
    except TributaryError as error:
        say({"status": error.status, "code": error.code, "unsent": error.unsent})
