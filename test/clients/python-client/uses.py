"""Where the type checker has nothing against a line that is to be ignored, the ignoring is an error."""

from datetime import datetime, timezone

from tributary import Event, Flight, Trip, Tributary

client = Tributary("http://127.0.0.1:1", "key", "/shop")
flight = Flight(origin="LAS", destination="PHX", distance=255, delay=4)
client.send(flight)
client.send([flight, Event(flight, id="a", subject="s", time=datetime.now(timezone.utc), sequence=7)])
Flight(origin="LAS", destination="PHX", distance="255", delay=4)  # type: ignore[arg-type]
Flight(origin="LAS", destination="PHX", distance=255)  # type: ignore[call-arg]
Flight(origin="LAS", destination="PHX", distance=255, delay=4, dealy=4)  # type: ignore[call-arg]
client.send("flight")  # type: ignore[arg-type]
client.query("flights_dialy")  # type: ignore[arg-type]
rows = client.query("flights_daily", by=["origin"], where={"origin": ["LAS", "PHX"]})["rows"]
accepted: int = client.send(flight).accepted
trip: type[Trip] = Trip
