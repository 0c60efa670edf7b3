"""Sends every event in every mode and form of data, and prints what a user of the SDK gets to see, a line each."""

import json
import os
from datetime import datetime

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as OlderEvent
from cloudevents.v1.http import to_binary, to_structured

URL, KEY = os.environ["URL"], os.environ["KEY"]
EVENTS = json.load(open(os.environ["EVENTS"], encoding="utf-8"))
FORMS = {
    "object": lambda data: data,
    "text": lambda data: json.dumps(data),
    "bytes": lambda data: json.dumps(data).encode(),
    "plain": lambda data: data["text"],
}


def newer(encode):
    def message(attributes, data):
        attributes["time"] = datetime.fromisoformat(attributes["time"].replace("Z", "+00:00"))
        sent = encode(CloudEvent(attributes, data))
        return sent.headers, sent.body

    return message


def older(encode):
    return lambda attributes, data: encode(OlderEvent(attributes, data))


MODES = {
    "binary": newer(to_binary_event),
    "structured": newer(to_structured_event),
    "older binary": older(to_binary),
    "older structured": older(to_structured),
}

for mode, message in MODES.items():
    for form, shape in FORMS.items():
        for event in EVENTS:
            event = dict(event)
            data, extensions = event.pop("data"), event.pop("extensions")
            event["id"] = f"{event['id']} {mode} {form}"
            content_type = "text/plain" if form == "plain" else "application/json"
            attributes = {**event, **extensions, "datacontenttype": content_type}
            said = {"mode": mode, "form": form, "ids": [event["id"]]}
            try:
                headers, body = message(attributes, shape(data))
                answer = requests.post(URL, data=body, headers={**headers, "authorization": f"Bearer {KEY}"})
                print(json.dumps({**said, "status": answer.status_code, "seen": answer.text}))
            except Exception as error:
                print(json.dumps({**said, "unsent": repr(error)}))
