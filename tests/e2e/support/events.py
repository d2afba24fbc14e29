# SPDX-License-Identifier: Apache-2.0
"""What every event that any test receives must satisfy: the official client's own typed models, and
the stricter rules that other clients add to them (nulls, kinds of parts, whole numbers)."""

import typing

from openai.types.realtime import RealtimeServerEvent

# Nulls that clients expect; anywhere else inside an item or a part they make a client drop the event.
NULLS_IN_ITEMS = {"transcript"}
# The only answer that carries an item's audio bytes.
WITH_AUDIO = {"conversation.item.retrieved"}


def _models():
    union = typing.get_args(RealtimeServerEvent)[0]
    return {
        typing.get_args(model.model_fields["type"].annotation)[0]: model
        for model in typing.get_args(union)
    }


MODELS = _models()


def problems(event):
    """What is wrong with one server event, as a list of sentences; empty when nothing is."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return [f"not an event: {event!r}"]
    kind = event["type"]
    if kind not in MODELS:
        return [f"the official client knows no event {kind!r}"]
    found = []
    try:
        MODELS[kind].model_validate(event, strict=True)
    except ValueError as error:
        found.append(f"{kind}: {error}")
    if not isinstance(event.get("event_id"), str) or not event["event_id"]:
        found.append(f"{kind} has no event_id")
    for name, item in _items(event):
        found += [f"{kind}: {problem}" for problem in _item_problems(name, item, kind)]
    if "part" in event and event["part"].get("type") not in ("audio", "text"):
        found.append(f"{kind}: a part's type is {event['part'].get('type')!r}")
    found += [f"{kind}: {path} is not a whole number" for path in _broken_numbers(event)]
    return found


def _items(event):
    if "item" in event:
        yield "item", event["item"]
    for index, item in enumerate(event.get("response", {}).get("output", [])):
        yield f"response.output[{index}]", item
    if "part" in event:
        yield "part", event["part"]


def _item_problems(name, item, kind):
    for key, value in item.items():
        if value is None and key not in NULLS_IN_ITEMS:
            yield f"{name}.{key} is null"
    if item.get("type") == "message" and not isinstance(item.get("content"), list):
        yield f"{name} is a message without content"
    for index, part in enumerate(item.get("content", [])):
        where = f"{name}.content[{index}]"
        for key, value in part.items():
            if value is None and key not in NULLS_IN_ITEMS:
                yield f"{where}.{key} is null"
        if part.get("type") == "input_audio" and "transcript" not in part:
            yield f"{where} has no transcript"
        if item.get("role") == "assistant" and part["type"] not in ("output_text", "output_audio"):
            yield f"{where}.type is {part['type']!r}"
        if "audio" in part and kind not in WITH_AUDIO:
            yield f"{where} carries audio"


def _broken_numbers(value, path="", key=""):
    if isinstance(value, dict):
        # What the server adds for its own page may have any form.
        for name, inner in value.items():
            if name != "parley":
                yield from _broken_numbers(inner, f"{path}.{name}", name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _broken_numbers(inner, f"{path}[{index}]", key)
    elif key.endswith(("_ms", "_index", "_tokens")) and key != "max_output_tokens":
        nullable = key == "idle_timeout_ms" and value is None
        if not nullable and (not isinstance(value, int) or isinstance(value, bool)):
            yield path.lstrip(".")
