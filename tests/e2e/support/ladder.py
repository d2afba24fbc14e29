# SPDX-License-Identifier: Apache-2.0
"""The order of a whole session's events: what opens is closed, once, and nothing comes after its end.

Every test that records a session has it checked, so a broken order is found wherever it happens.
"""

from collections import defaultdict

OPEN_AND_CLOSE = {
    "response.output_item.added": "response.output_item.done",
    "response.content_part.added": "response.content_part.done",
}
# A delta, the event that ends its kind, and the field that must hold all deltas together.
WHOLE = {
    "response.output_text.delta": ("response.output_text.done", "text"),
    "response.output_audio_transcript.delta": ("response.output_audio_transcript.done", "transcript"),
    "response.function_call_arguments.delta": (
        "response.function_call_arguments.done", "arguments",
    ),
    "response.mcp_call_arguments.delta": ("response.mcp_call_arguments.done", "arguments"),
}  # fmt: skip


def problems(events):
    """What is wrong with the order of a session's events, as sentences."""
    found = []
    if events and events[0]["type"] not in ("session.created", "error"):
        found.append(f"the first event is {events[0]['type']}")
    by_response = defaultdict(list)
    for event in events:
        response = event.get("response_id") or event.get("response", {}).get("id")
        if response:
            by_response[response].append(event)
    for response, own in by_response.items():
        found += [f"{response}: {problem}" for problem in _response_problems(own)]
    return found + list(_item_problems(events))


def _response_problems(own):
    kinds = [event["type"] for event in own]
    if kinds[0] != "response.created" or kinds.count("response.created") != 1:
        yield f"begins with {kinds[0]}"
    if kinds.count("response.done") > 1:
        yield "ends twice"
    if "response.done" not in kinds:
        return  # the test ended before it did
    if kinds[-1] != "response.done":
        yield f"{kinds[-1]} comes after its end"
    for opening, closing in OPEN_AND_CLOSE.items():
        if kinds.count(opening) != kinds.count(closing):
            yield f"{kinds.count(opening)} {opening}, {kinds.count(closing)} {closing}"
    added = [e["item"]["id"] for e in own if e["type"] == "response.output_item.added"]
    output = [item["id"] for item in own[-1]["response"]["output"]]
    if added != output:
        yield f"its items are {added}, its output {output}"
    for delta, (done, name) in WHOLE.items():
        yield from _delta_problems(own, delta, done, name)


def _delta_problems(own, delta, done, name):
    parts = defaultdict(str)
    ended = set()
    for event in own:
        item = event.get("item_id")
        if event["type"] == delta:
            parts[item] += event["delta"]
            if item in ended:
                yield f"{delta} of {item} after its end"
        elif event["type"] == done:
            ended.add(item)
            if event[name] != parts[item]:
                yield f"{done} of {item} has {event[name]!r}, the deltas {parts[item]!r}"


def _item_problems(events):
    open_items = set()
    known = set()
    for event in events:
        kind = event["type"]
        if kind == "conversation.item.added":
            if event["item"]["id"] in known:
                yield f"{event['item']['id']} is added twice"
            open_items.add(event["item"]["id"])
            known.add(event["item"]["id"])
            previous = event["previous_item_id"]
            if previous is not None and previous not in known:
                yield f"{event['item']['id']} follows {previous}, which nobody knows"
        elif kind == "conversation.item.done":
            if event["item"]["id"] not in open_items:
                yield f"{event['item']['id']} is done, but not open"
            open_items.discard(event["item"]["id"])
