"""Sends events to Tributary, and asks it for numbers. Needs Python 3.10 and pydantic 2."""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Model(BaseModel):
    """Data of an event. What its contract does not name, or of another kind, does not validate."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False)

    tributary_type: ClassVar[str] = ""
    tributary_left_out: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _without_none(cls, data: Any) -> Any:
        """None stands for a field that is left out, where it may be left out and not be null."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None or name not in cls.tributary_left_out}


# <declared>
Data = Model
Metric = str
# </declared>


@dataclass(frozen=True)
class Event:
    """An event as it is sent. What is left out is made up: an id, and the time of the call."""

    data: Data
    #: The same id counts once, however often it is sent.
    id: str | None = None
    #: Where it happened; the client's own where it is left out.
    source: str | None = None
    time: datetime | str | None = None
    subject: str | None = None
    #: Its number in its source, counted by ones: what is missing between is told.
    sequence: int | None = None


@dataclass(frozen=True)
class Rejected:
    """An event that the platform keeps, and does not count; `index` is its place in the call."""

    index: int
    id: str | None
    code: str
    detail: str


@dataclass(frozen=True)
class Conflict:
    """An event whose id came before with other content, its receipt and that of the earlier one."""

    index: int
    id: str
    receipt: str
    earlier: str


@dataclass(frozen=True)
class Unseen:
    """Numbers of a source that have not been seen so far, and since when the platform looks."""

    source: str
    first: int
    last: int
    since: str


@dataclass
class Sent:
    """What became of the events of a call."""

    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    conflicting: list[Conflict] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    #: Fields that no contract names, by type.
    undeclared: dict[str, list[str]] = field(default_factory=dict)
    #: Events older than ids are remembered: sent at their time, too, they count again.
    late: int = 0


class TributaryError(Exception):
    """A request that did not get through. `unsent`: places of the events that may not be stored."""

    def __init__(self, detail: str, status: int | None, code: str | None, unsent: Sequence[int] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.unsent = list(unsent)


_MOST_EVENTS = 1000
_LONGEST_WAIT = 20.0
#: After these the same events may get through; some are of what stands in front of the platform.
_LATER = frozenset({0, 408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class _Reply:
    status: int
    body: dict[str, Any]
    wait: float | None


class Tributary:
    """Sends events, and asks for numbers."""

    def __init__(self, url: str, key: str, source: str, *, timeout: float = 31.0, tries: int = 8) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._source = source
        self._timeout = timeout
        self._tries = tries

    def send(self, events: Event | Data | Iterable[Event | Data]) -> Sent:
        """
        Sends events. Returns once they are durable, with what the platform tells of them. What is refused for
        now is sent again, under the same ids: nothing counts twice.
        """
        several = [events] if isinstance(events, (Event, Model)) else events
        texts = [self._event_of(one) for one in several]
        sent = Sent()
        for first in range(0, len(texts), _MOST_EVENTS):
            places = list(range(first, min(first + _MOST_EVENTS, len(texts))))
            try:
                self._send_batch(texts, places, sent)
            except TributaryError as error:
                error.unsent += range(first + len(places), len(texts))
                raise
        return sent

    def query(
        self,
        metric: Metric,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        window: Literal["minute", "hour", "day", "week", "month", "quarter", "year"] | None = None,
        by: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
        timezone: str | None = None,
    ) -> dict[str, Any]:
        """The numbers of a metric: rows, and where they come from."""
        asked = {"from": _instant(start), "to": _instant(end), "window": window, "timezone": timezone}
        pairs = [(name, value) for name, value in asked.items() if value is not None]
        if by is not None:
            pairs.append(("by", ",".join(by)))
        for name, value in (where or {}).items():
            values = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(f"where.{name}", _text(one)) for one in values]
        path = f"/v1/metrics/{urllib.parse.quote(metric, safe='')}?{urllib.parse.urlencode(pairs)}"
        reply = self._request(urllib.request.Request(self._url + path))
        if reply.status != 200:
            raise _refused(reply)
        return reply.body

    def _event_of(self, one: Event | Data) -> str:
        event = one if isinstance(one, Event) else Event(one)
        attributes = {
            "specversion": "1.0",
            "id": event.id or str(uuid.uuid4()),
            "source": event.source or self._source,
            "type": event.data.tributary_type,
            "time": _instant(event.time or datetime.now(timezone.utc)),
            "subject": event.subject,
            "sequence": None if event.sequence is None else str(event.sequence),
        }
        set_ones = {name: value for name, value in attributes.items() if value is not None}
        data = event.data.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return json.dumps({**set_ones, "data": data}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def _send_batch(self, texts: Sequence[str], places: Sequence[int], sent: Sent) -> None:
        waiting = places
        attempt = 1
        while True:
            reply = self._post([texts[place] for place in waiting])
            if reply.status not in _LATER and reply.status not in (202, 422):
                raise _refused(reply, waiting)
            _add(sent, reply.body, waiting)
            if reply.status not in _LATER:
                return
            if isinstance(reply.body.get("retry"), list):
                waiting = [waiting[one["index"]] for one in reply.body["retry"]]
            if not waiting:
                return
            if attempt >= self._tries:
                raise _refused(reply, waiting)
            backoff = 0.25 * 2**attempt * (0.5 + random.random() / 2)
            time.sleep(min(backoff if reply.wait is None else reply.wait, _LONGEST_WAIT))
            attempt += 1

    def _post(self, texts: Sequence[str]) -> _Reply:
        headers = {"content-type": "application/cloudevents-batch+json"}
        body = f"[{','.join(texts)}]".encode("utf-8", "surrogatepass")
        try:
            return self._request(urllib.request.Request(self._url + "/v1/events", body, headers))
        except OSError as error:
            # Whether they have arrived nobody knows; an id counts once.
            return _Reply(0, {"detail": str(error)}, None)

    def _request(self, request: urllib.request.Request) -> _Reply:
        request.add_header("authorization", f"Bearer {self._key}")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return _Reply(answer.status, _object(answer.read()), None)
        except urllib.error.HTTPError as error:
            wait = error.headers.get("retry-after", "")
            return _Reply(error.code, _object(error.read()), float(wait) if wait.isdigit() else None)


def _add(sent: Sent, body: Mapping[str, Any], places: Sequence[int]) -> None:
    """Adds what an answer says; places in it are those of the request."""
    sent.accepted += body.get("accepted", 0)
    for one in body.get("rejected", []):
        sent.rejected.append(Rejected(places[one["index"]], one["id"], one["code"], one["detail"]))
    for one in body.get("conflicting", []):
        sent.conflicting.append(Conflict(places[one["index"]], one["id"], one["receipt"], one["earlier"]))
    for one in body.get("unseen", []):
        sent.unseen.append(Unseen(one["source"], one["from"], one["to"], one["since"]))
    for one in body.get("undeclared", []):
        known = sent.undeclared.setdefault(one["type"], [])
        known += [name for name in one["fields"] if name not in known]
    sent.late += body.get("late", {}).get("events", 0)


def _object(text: bytes) -> dict[str, Any]:
    """A page of somebody in between is no object."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refused(reply: _Reply, unsent: Sequence[int] = ()) -> TributaryError:
    detail = str(reply.body.get("detail", f"it answered {reply.status}"))
    code = reply.body.get("code")
    return TributaryError(detail, reply.status or None, code if isinstance(code, str) else None, unsent)


def _instant(value: datetime | str | None) -> str | None:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs a time zone: datetime.now(timezone.utc)")
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
