# SPDX-License-Identifier: Apache-2.0
"""What a client was told of its conversation, and whether a server that keeps it agrees."""

import copy
import json

from .wire import Wire

# What is kept beside what clients see.
ONLY_KEPT = ("rate", "samples", "heard", "clauses", "words")


class RecordingWire(Wire):
    """Remembers what it sent, too."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.sent = []

    async def send(self, kind, **fields):
        self.sent.append({"type": kind, **fields})
        await super().send(kind, **fields)


class Record:
    """The conversation as it was acknowledged, and what was asked for but not acknowledged."""

    def __init__(self):
        self.order = []
        self.items = {}
        self.open = {}  # item in progress: what was told of it so far
        self.deleted = set()
        self.truncated = {}  # item: ms
        self.responses = {}
        self.asked_to_create = {}
        self.asked_to_delete = set()
        self.asked_to_truncate = set()

    def take(self, wire):
        """All of one connection."""
        for sent in wire.sent:
            if sent["type"] == "conversation.item.create":
                self.asked_to_create[sent["item"]["id"]] = sent["item"]
            elif sent["type"] == "conversation.item.delete":
                self.asked_to_delete.add(sent["item_id"])
            elif sent["type"] == "conversation.item.truncate":
                self.asked_to_truncate.add(sent["item_id"])
        for event in wire.events:
            self._take_event(event)

    def _take_event(self, event):
        kind = event["type"]
        if kind == "conversation.item.added":
            item = event["item"]
            previous = event["previous_item_id"]
            at = self.order.index(previous) + 1 if previous in self.order else 0
            self.order.insert(at, item["id"])
            self.items[item["id"]] = copy.deepcopy(item)
            if item["status"] == "in_progress":
                self.open[item["id"]] = ""
        elif kind == "conversation.item.done":
            self.items[event["item"]["id"]] = copy.deepcopy(event["item"])
            self.open.pop(event["item"]["id"], None)
        elif kind == "conversation.item.input_audio_transcription.completed":
            part = self.items[event["item_id"]]["content"][event["content_index"]]
            part["transcript"] = event["transcript"]
        elif kind == "conversation.item.truncated":
            self.truncated[event["item_id"]] = event["audio_end_ms"]
            for part in self.items[event["item_id"]].get("content", []):
                part.pop("transcript", None)
        elif kind == "conversation.item.deleted":
            self.order.remove(event["item_id"])
            self.deleted.add(event["item_id"])
            self.open.pop(event["item_id"], None)
        elif kind == "response.done":
            self.responses[event["response"]["id"]] = event["response"]
        elif kind.endswith(".delta") and event.get("item_id") in self.open:
            if kind != "response.output_audio.delta":
                self.open[event["item_id"]] += event["delta"]

    # --- what must agree ---

    def problems(self, kept):
        """Of a conversation as GET /v1/conversations/{id} shows it."""
        found = []
        stored = {item["id"]: item for item in kept["items"]}
        if len(stored) != len(kept["items"]):
            found.append("an item is kept twice")
        for name in self.order:
            if name in stored:
                found += self._item_problems(name, stored[name])
            elif name not in self.asked_to_delete:
                found.append(f"{name} was acknowledged and is not kept")
        for name, item in stored.items():
            found += [] if name in self.order else self._extra_problems(name, item)
        told = [name for name in self.order if name in stored]
        order = [name for name in stored if name in self.order]
        if told != order:
            found.append(f"the order is {order} instead of {told}")
        responses = {response["id"]: response for response in kept["responses"]}
        for name, told in self.responses.items():
            found += response_problems(name, told, responses.get(name))
        return found

    def _item_problems(self, name, stored):
        told = self.items[name]
        if name in self.open:
            return self._open_problems(name, stored)
        actual = without_kept(stored)
        cut = name in self.asked_to_truncate and name not in self.truncated
        if same(actual, told) or (cut and same(actual, without_transcript(told))):
            samples = [part["samples"] for part in stored.get("content", []) if "samples" in part]
            whole = self.truncated.get(name)
            if whole is not None and not cut and samples and samples[0] > whole * 24:
                return [f"{name} was cut at {whole} ms and has {samples[0]} samples"]
            return []
        return [f"{name} is kept as {json.dumps(actual)}, and was told as {json.dumps(told)}"]

    def _open_problems(self, name, stored):
        """One that was never finished: not beyond what is known of it, unless it is finished now."""
        told = squeezed(self.open[name])
        kept = squeezed(words_of(stored))
        if stored["status"] in ("in_progress", "incomplete"):
            return [] if told.startswith(kept) or kept.startswith(told) else [f"{name}: {kept!r} is kept, {told!r} was told"]  # fmt: skip
        cut = name in self.asked_to_truncate
        return [] if kept.startswith(told) or cut else [f"{name}: {kept!r} is kept, {told!r} was told"]

    def _extra_problems(self, name, item):
        if name in self.deleted:
            return [f"{name} was deleted and is kept"]
        asked = self.asked_to_create.get(name)
        if asked is None:
            made_here = item["type"] == "function_call" or item.get("role") == "assistant" or any(
                part["type"] == "input_audio" for part in item.get("content", []))  # fmt: skip
            return [] if made_here else [f"{name} was never asked for"]
        wanted = {key: asked[key] for key in asked}
        actual = {key: without_kept(item).get(key) for key in wanted}
        return [] if actual == wanted else [f"{name} is kept as {actual}, and was asked as {wanted}"]

    def adopt(self, kept):
        """What became of all that was not acknowledged: its client has looked."""
        for item in kept["items"]:
            if item["id"] not in self.order and item.get("status") == "in_progress":
                self.open[item["id"]] = words_of(item)
            self.items[item["id"]] = without_kept(item)
        self.order = [item["id"] for item in kept["items"]]
        self.open = {name: told for name, told in self.open.items() if name in self.order}
        self.asked_to_delete.clear()
        self.asked_to_truncate.clear()


def response_problems(name, told, kept):
    if kept is None:
        return [f"{name} was acknowledged and is not kept"]
    output = [item["id"] for item in told["output"]]
    if (kept["status"], kept["usage"], kept["output"]) == (told["status"], told["usage"], output):
        return []
    return [f"{name} is kept as {json.dumps(kept)}"]


def without_kept(item):
    item = copy.deepcopy(item)
    for part in item.get("content", []):
        for key in ONLY_KEPT:
            part.pop(key, None)
    return item


def without_transcript(item):
    item = copy.deepcopy(item)
    for part in item.get("content", []):
        part.pop("transcript", None)
    return item


def same(kept, told):
    """Equal, or better: the transcript of what a user said may be there before it was told."""
    if kept == told:
        return True
    for ours, theirs in zip(kept.get("content", []), told.get("content", []), strict=False):
        if theirs.get("type") == "input_audio" and theirs.get("transcript") is None:
            ours["transcript"] = None
    return kept == told


def words_of(item):
    if item["type"] == "function_call":
        return item["arguments"]
    if "output" in item:
        return item["output"]
    words = [part.get("transcript") or part.get("heard") or part.get("text") or "" for part in item["content"]]  # fmt: skip
    return " ".join(words)


def squeezed(text):
    return "".join(text.split())
