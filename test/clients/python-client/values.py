"""Reads values that contracts take into their models, and says what was wrong, as JSON."""

import json
import sys
from typing import get_args

from pydantic import ValidationError

import declared

MODELS = {model.tributary_type: model for model in get_args(declared.Data) or (declared.Data,)}

faults = []
forbidden = 0
for type_, data in json.load(open(sys.argv[1], encoding="utf-8")):
    model = MODELS[type_]
    try:
        # As JSON has it, where a model within is an object.
        read = model.model_validate_json(json.dumps(data))
        written = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if written != data:
            faults.append([type_, data, f"became {written}"])
    except ValidationError as error:
        faults.append([type_, data, str(error)])
    try:
        model.model_validate_json(json.dumps({**data, "nobody declared this": 1}))
        if model.model_config.get("extra") == "forbid":
            faults.append([type_, data, "takes a field that nobody declared"])
    except ValidationError:
        forbidden += 1
print(json.dumps({"faults": faults, "models": len(MODELS), "forbidden": forbidden}))
