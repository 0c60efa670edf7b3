"""Rules between two parameters, which OpenAPI cannot say, so that the requests made up here keep them."""

import re

import schemathesis


def begins_after_its_end(value):
    """Year first: that a range is empty is decided by the whole instant, so equal years are left out, too."""
    if not isinstance(value, dict) or "from" not in value or "to" not in value:
        return False
    return str(value["from"])[:4] >= str(value["to"])[:4]


# What the metrics of the sample pipeline group by.
FIELDS = {"origin", "destination", "hoverboard_id", "is_docked"}


@schemathesis.hook
def filter_case(ctx, case):
    query = case.query if isinstance(case.query, dict) else {}
    body = case.body if isinstance(case.body, dict) else {}
    if begins_after_its_end(query) or begins_after_its_end(body.get("input")):
        return False
    # Rows are sorted by what they are grouped by.
    order, by = listed(query.get("order")), listed(query.get("by"))
    names = {re.sub("^-", "", name) for name in order or []}
    return by is None or not (names & (FIELDS - set(by)))


def listed(value):
    """A list as it is made up, or as it is written into an address."""
    if value is None or isinstance(value, list):
        return value
    return str(value).split(",")
