# SPDX-License-Identifier: Apache-2.0
"""The conformance cases of the Realtime protocol, as data: what a client sends and what must come.

Numbers are those of the list of checks that the project keeps to; support/script.py explains steps.
Most cases run on a server with fake models, which takes milliseconds; those that a real model could
break run on both.
"""

import base64
import json
import time

from support import speech
from support.script import (
    TRANSCRIPTION,
    Bind,
    Case,
    Check,
    Closed,
    Error,
    Later,
    Never,
    Order,
    Quiet,
    Raw,
    Ref,
    Say,
    Send,
    filled,
    has,
    one_of,
    starts,
)
from support.wire import joined

BOTH = ("fake", "real")
KEY = "a-key-for-the-tests"
SPEAK = [("silence", 300), ("clip", "wisdom"), ("silence", 1500)]
# Long enough that a reply is still being made when the test interrupts it: the fake model repeats
# it, which takes more than ten seconds to say; a real one goes on for a while.
LONG = "Please tell me everything you know about the sea, the ships and the harbours of the world. " * 2

PUSH_TO_TALK = {"audio": {"input": {"turn_detection": None}}}
TEXT_ONLY = {"output_modalities": ["text"]}
TRANSCRIBED = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}

TEXT_LADDER = (
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "deltas",
    "response.output_text.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
)
AUDIO_LADDER = (
    *TEXT_LADDER[:5],
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    *TEXT_LADDER[6:],
)
TURN_LADDER = (
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
)


def user_text(text, **more):
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content, **more}


def add(text, bind="item", **more):
    return [
        Send("conversation.item.create", item=user_text(text), **more),
        Later("conversation.item.added", item={"id": Bind(bind)}),
        Later("conversation.item.done", item={"id": Ref(bind)}),
    ]


def ask(text=LONG, **response):
    """A typed question, and its reply up to the first sound."""
    return [
        *add(text, "question"),
        Send("response.create", **({"response": response} if response else {})),
        Later("response.created", response={"id": Bind("response")}),
        Later("response.output_audio.delta", response_id=Ref("response"), item_id=Bind("reply")),
    ]


STILL_SERVED = [
    Send("session.update", session={"type": "realtime"}),
    Later("session.updated"),
]


# --- checks that a pattern cannot say ---


def expires_in_an_hour(value):
    return abs(value - time.time() - 3600) <= 120


def is_a_fresh_secret(run):
    secret = run.values["secret"]
    return secret["value"].startswith("ek_") and abs(secret["expires_at"] - time.time() - 600) <= 5


def only_instructions_changed(run):
    expected = {**run.values["session"], "instructions": "Answer in rhymes."}
    return run.values["after"] == expected


def every_event_has_its_own_id(run):
    ids = [event["event_id"] for event in run.wire.events]
    return len(set(ids)) == len(ids) and all(isinstance(one, str) for one in ids)


def text_is_the_same_everywhere(run):
    text = joined(run.taken, "response.output_text.delta")
    done = [event for event in run.taken if event["type"] == "response.output_text.done"][0]
    item = run.taken[-1]["response"]["output"][0]
    return text and text == done["text"] == item["content"][0]["text"]


def usage_adds_up(run):
    response = run.taken[-1]["response"]
    usage = response["usage"]
    return (
        response["status"] == "completed"
        and response["status_details"] is None
        and usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        and usage["output_tokens"] > 0
    )


def sound_and_transcript_are_whole(run):
    deltas = [event for event in run.taken if event["type"] == "response.output_audio.delta"]
    pieces = [base64.b64decode(event["delta"], validate=True) for event in deltas]
    done = [e for e in run.taken if e["type"] == "response.output_audio_transcript.done"][0]
    transcript = joined(run.taken, "response.output_audio_transcript.delta")
    return (
        sum(map(len, pieces)) > speech.BYTES_PER_MS * 100
        and all(len(piece) % 2 == 0 for piece in pieces)
        and transcript == done["transcript"]
    )


def parts_are_named_as_clients_expect(run):
    added = [e for e in run.taken if e["type"] == "response.content_part.added"][0]
    content = run.taken[-1]["response"]["output"][0]["content"]
    return added["part"]["type"] == "audio" and [p["type"] for p in content] == ["output_audio"]


def one_item_all_along(run):
    ids = {event.get("item_id") or event["item"]["id"] for event in run.taken}
    return len(ids) == 1


def offsets_enclose_the_speech(run):
    started, stopped = run.taken[0], run.taken[1]
    start_ms, end_ms = run.values["speech"][0]
    prefix_ms = 300
    earliest = max(0, start_ms - prefix_ms - 150)
    return (
        earliest <= started["audio_start_ms"] <= start_ms + 150
        and stopped["audio_end_ms"] >= end_ms
    )


def second_offset_counts_from_the_start(run):
    starts_ms = [e["audio_start_ms"] for e in run.wire.all("input_audio_buffer.speech_started")]
    start_ms, _ = run.values["speech"][1]
    return start_ms - 450 <= starts_ms[1] <= start_ms + 150


def no_delta_after_its_end(run):
    response = run.values["response"]
    ended = False
    for event in run.wire.events:
        if event["type"] == "response.done" and event["response"]["id"] == response:
            ended = True
        elif ended and event.get("response_id") == response:
            return False
    return ended


def kept_audio_ms(part):
    return len(base64.b64decode(part.get("audio", ""))) / speech.BYTES_PER_MS


def was_cut_to(ms):
    def test(content):
        return kept_audio_ms(content[0]) <= ms and not content[0].get("transcript")

    return test


def holds_all_its_audio(run):
    sent = [e for e in run.wire.events if e.get("item_id") == run.values["reply"]]
    whole_ms = len(joined(sent, "response.output_audio.delta")) / speech.BYTES_PER_MS
    return abs(kept_audio_ms(run.values["content"][0]) - whole_ms) < 1


def arguments_are_json(run):
    done = [e for e in run.taken if e["type"] == "response.function_call_arguments.done"][0]
    item = run.taken[-1]["response"]["output"][0]
    text = joined(run.taken, "response.function_call_arguments.delta")
    return (
        text == done["arguments"] == item["arguments"]
        and isinstance(json.loads(text), dict)
        and done["name"] == item["name"] == "get_weather"
        and done["call_id"] == item["call_id"]
        and len(done["call_id"]) <= 32
    )


def only_events(*kinds):
    def test(run):
        return [event["type"] for event in run.wire.events] == list(kinds)

    return test


def chosen_subprotocol(name):
    return lambda run: run.wire.socket.subprotocol == name


# --- the cases ---

SESSION_CASES = [
    Case("P01", "session.created comes first", [
        Check("it is the first event", lambda run: run.wire.events[0]["type"] == "session.created"),
        Send("session.update", session={"type": "realtime"}),
        Later("session.updated", session={
            "type": "realtime", "id": starts("sess_"), "model": "parley",
            "expires_at": expires_in_an_hour, "output_modalities": ["audio"],
            "audio": {"input": {"turn_detection": {
                "type": "server_vad", "silence_duration_ms": 500, "prefix_padding_ms": 300,
                "create_response": True, "interrupt_response": True,
            }}},
        }),
        Check("both show the same session",
              lambda run: run.wire.events[1]["session"] == run.values["session"]),
    ]),
    Case("P02", "every event has a type and an id of its own", [
        *ask("Hello."), Later("response.done"), Raw("{}"), Error("invalid_event"), Say(*SPEAK),
        Later("response.done"), Check("ids differ", every_event_has_its_own_id),
    ]),
    Case("P03", "a key in a subprotocol is accepted and not echoed", [
        Check("answered with `realtime`", chosen_subprotocol("realtime")), *STILL_SERVED,
    ], servers=("keys",), subprotocols=["realtime", f"openai-insecure-api-key.{KEY}"]),
    Case("P04", "a bad key gets one error and close code 3000", [
        Error("invalid_api_key"), Closed(3000, "invalid_request_error.invalid_api_key"),
        Check("nothing else came", only_events("error")),
    ], servers=("keys",), subprotocols=["realtime", "openai-insecure-api-key.wrong"]),
    Case("P46", "a client secret opens the session that it was minted for", [
        Check("it lives for ten minutes", is_a_fresh_secret),
        Check("the session is as it was minted", lambda run: run.values["session"]["instructions"]
              == "Answer in rhymes." and run.values["session"]["model"] == "parley"),
        *STILL_SERVED,
    ], servers=("fake", "keys"), query="",
       secret={"type": "realtime", "model": "parley", "instructions": "Answer in rhymes."}),
    Case("P05", "session.update changes what it names and nothing else", [
        Send("session.update", session={"type": "realtime", "instructions": "Answer in rhymes."}),
        Later("session.updated", session=Bind("after")),
        Check("the rest is as before", only_instructions_changed),
    ]),
    Case("P06", "session.update without a type is refused", [
        Send("session.update", session={"instructions": "x"}),
        Error("missing_required_parameter", param="session.type"), Never("session.updated"),
    ]),
    Case("P07", "an unknown key refuses the whole update", [
        Send("session.update",
             session={"type": "realtime", "instructions": "never", "temperature": 0.8}),
        Error("unknown_parameter", param="session.temperature"),
        Send("session.update", session={"type": "realtime"}),
        Later("session.updated", session={"instructions": lambda text: text != "never"}),
    ]),
    Case("P08", "without turn detection there are no speech events", [
        Send("session.update", session={"type": "realtime", **PUSH_TO_TALK}),
        Later("session.updated", session={"audio": {"input": {"turn_detection": None}}}),
        Say(*SPEAK), Send("input_audio_buffer.commit"),
        Order("input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"),
        Never("input_audio_buffer.speech_", "response."),
    ], servers=BOTH),
    Case("P09", "text and audio together are refused", [
        Send("session.update",
             session={"type": "realtime", "output_modalities": ["audio", "text"]}),
        Error("invalid_value", param="session.output_modalities"), *STILL_SERVED,
    ]),
    Case("P10", "an unknown event is refused by name, and the next is served", [
        Send("response.dance", event_id="x"), Error("invalid_value", param="type", event_id="x"),
        *STILL_SERVED,
    ]),
    Case("P11", "what is not JSON is refused, and the next is served", [
        Raw("not json"), Error("invalid_json"), *STILL_SERVED,
    ]),
]  # fmt: skip

ITEM_CASES = [
    Case("P12", "a text item is added, then done", [
        Send("conversation.item.create", item=user_text("hello")),
        Later("conversation.item.added", previous_item_id=None, item={"id": Bind("item")}),
        Later("conversation.item.done", previous_item_id=None,
              item={"id": Ref("item"), "status": "completed"}),
    ]),
    Case("P13", "the second item follows the first", [
        *add("one", "first"), Send("conversation.item.create", item=user_text("two")),
        Later("conversation.item.added", previous_item_id=Ref("first")),
        Later("conversation.item.done", previous_item_id=Ref("first")),
    ]),
    Case("P14", "a client's id is kept, and the item can be retrieved", [
        Send("conversation.item.create", item=user_text("hello", id="my_item-1")),
        Later("conversation.item.added", item={"id": "my_item-1"}),
        Send("conversation.item.retrieve", item_id="my_item-1"),
        Later("conversation.item.retrieved", item={
            "id": "my_item-1", "role": "user", "content": [{"type": "input_text", "text": "hello"}],
        }),
    ]),
    Case("P15", "`root` puts an item first, for the model too", [
        *add("the last word", "first"),
        Send("conversation.item.create", item=user_text("the first word"), previous_item_id="root"),
        Later("conversation.item.added", previous_item_id=None),
        Send("response.create"), Later("response.output_text.done", text=has("the last word")),
    ], session=TEXT_ONLY),
    Case("P16", "an item put in the middle leaves the tail the tail", [
        *add("one", "first"), *add("three", "tail"),
        *add("two", "middle", previous_item_id=Ref("first")),
        Send("conversation.item.create", item=user_text("four")),
        Later("conversation.item.added", previous_item_id=Ref("tail")),
    ]),
    Case("P17", "an unknown previous item refuses the new one", [
        Send("conversation.item.create", item=user_text("x", id="lost"), previous_item_id="nobody"),
        Error(), Send("conversation.item.retrieve", item_id="lost"),
        Error("item_retrieve_invalid_item_id"), Never("conversation.item.added"),
    ]),
    Case("P18", "an item can be deleted once", [
        *add("hello"), Send("conversation.item.delete", item_id=Ref("item")),
        Later("conversation.item.deleted", item_id=Ref("item")),
        Send("conversation.item.delete", item_id=Ref("item")),
        Error("item_delete_invalid_item_id"),
    ]),
    Case("P19", "retrieving an unknown item is an error with the event's id", [
        Send("conversation.item.retrieve", item_id="nobody", event_id="mine"),
        Error("item_retrieve_invalid_item_id", event_id="mine"),
    ]),
    Case("P43", "the output of an unknown call is refused", [
        Send("conversation.item.create",
             item={"type": "function_call_output", "call_id": "call_x", "output": "{}"}),
        Error("invalid_tool_call_id"),
    ]),
]  # fmt: skip

RESPONSE_CASES = [
    Case("P20", "a text response has every step in order", [
        *add("Say hello."), Send("response.create"), Order(*TEXT_LADDER),
        Check("the text is the same everywhere", text_is_the_same_everywhere),
    ], servers=BOTH, session=TEXT_ONLY),
    Case("P21", "usage adds up", [
        *add("Say hello."), Send("response.create"), Order(*TEXT_LADDER),
        Check("usage adds up", usage_adds_up),
    ], servers=BOTH, session=TEXT_ONLY),
    Case("P22", "an audio response has every step in order", [
        *add("Say hello."), Send("response.create"), Order(*AUDIO_LADDER),
        Check("sound and transcript are whole", sound_and_transcript_are_whole),
    ], servers=BOTH),
    Case("P23", "items carry no audio, and parts have their names", [
        *add("Say hello."), Send("response.create"), Order(*AUDIO_LADDER),
        Check("parts are named as clients expect", parts_are_named_as_clients_expect),
    ], servers=BOTH),
    Case("P38", "a response can be cancelled", [
        *ask(), Send("response.cancel"),
        Later("response.done", response={
            "id": Ref("response"), "status": "cancelled",
            "status_details": {"type": "cancelled", "reason": "client_cancelled"},
            "output": [{"id": Ref("reply"), "status": "incomplete"}],
        }),
        Never("response."), Check("it ended there", no_delta_after_its_end),
    ], servers=BOTH),
    Case("P39", "a cancel without a response is an error and nothing else", [
        Send("response.cancel", event_id="c"), Error("response_cancel_not_active", event_id="c"),
        *add("Say hello."), Send("response.create"), Order(*AUDIO_LADDER),
    ]),
    Case("P40", "a second response is refused, and the first one goes on", [
        *ask("Tell me about the sea, the ships and the harbours."),
        Send("response.create", event_id="second"),
        Error("conversation_already_has_active_response", event_id="second"),
        Later("response.done", response={"id": Ref("response"), "status": "completed"}),
    ], servers=BOTH),
    Case("P41", "a required function is called", [
        *add("What is the weather in Paris?"), Send("response.create"),
        Order("response.created", "response.output_item.added", "conversation.item.added",
              "deltas", "response.function_call_arguments.done", "conversation.item.done",
              "response.output_item.done", "response.done"),
        Check("the arguments are one JSON object", arguments_are_json),
    ], servers=BOTH, session={"tools": [WEATHER], "tool_choice": "required"}),
    Case("P42", "a function's output is in the answer", [
        *add("What is the weather in Paris?"), Send("response.create"),
        Later("response.function_call_arguments.done", call_id=Bind("call")),
        Later("response.done"),
        Send("conversation.item.create", item={
            "type": "function_call_output", "call_id": Ref("call"), "output": "21 degrees"}),
        Later("conversation.item.done"), Quiet(1, "response.created"),
        Send("response.create",
             response={"tool_choice": "none", "output_modalities": ["text"]}),
        Later("response.output_text.done", text=has("21 degrees")),
    ], session={"tools": [WEATHER], "tool_choice": "required"}),
    Case("P44", "an out-of-band response leaves the conversation alone", [
        Send("response.create", response={
            "conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "aside"},
            "input": [user_text("Say hello.")],
        }),
        Order("response.created", "response.output_item.added", "response.content_part.added",
              "deltas", "response.output_text.done", "response.content_part.done",
              "response.output_item.done", "response.done"),
        Check("metadata came back", lambda run: all(
            event["response"]["metadata"] == {"topic": "aside"}
            and event["response"]["conversation_id"] is None
            for event in (run.taken[0], run.taken[-1]))),
        Never("conversation.item."),
    ], servers=BOTH),
    Case("P45", "a token limit ends a response as incomplete", [
        *add(LONG), Send("response.create", response={"max_output_tokens": 5}),
        Later("response.done", response={
            "status": "incomplete",
            "status_details": {"type": "incomplete", "reason": "max_output_tokens"},
        }),
    ], servers=BOTH),
]  # fmt: skip

AUDIO_CASES = [
    Case("P24", "a spoken turn has every step in order, with one item", [
        Say(*SPEAK), Order(*TURN_LADDER), Check("one item", one_item_all_along),
        Order("response.created"),
    ], servers=BOTH),
    Case("P25", "the offsets enclose the speech", [
        Say(*SPEAK), Order(*TURN_LADDER), Check("they do", offsets_enclose_the_speech),
    ], servers=BOTH),
    Case("P26", "offsets count from the start of the session", [
        Say(*SPEAK), Later("response.done", response={"output": [{"id": Bind("reply")}]}),
        Say(*SPEAK), Later("input_audio_buffer.committed", previous_item_id=Ref("reply")),
        Check("they do", second_offset_counts_from_the_start),
    ], servers=BOTH),
    Case("P27", "without create_response the client asks for the reply", [
        Say(*SPEAK), Order(*TURN_LADDER), Quiet(3, "response.created"), Send("response.create"),
        Later("response.done", response={"status": "completed"}),
    ], session={"audio": {"input": {
        "turn_detection": {"type": "server_vad", "create_response": False}}}}),
    Case("P28", "transcription on: the words come, and stay with the item", [
        Say(*SPEAK), Later("input_audio_buffer.committed", item_id=Bind("item")),
        Later(TRANSCRIPTION + "completed", item_id=Ref("item"), content_index=0,
              transcript=Bind("words"), usage={"type": one_of("duration", "tokens")}),
        Check("words came", lambda run: filled(run.values["words"])),
        Send("conversation.item.retrieve", item_id=Ref("item")),
        Later("conversation.item.retrieved",
              item={"content": [{"type": "input_audio", "transcript": Ref("words")}]}),
    ], servers=BOTH, session=TRANSCRIBED),
    Case("P29", "transcription off: no words", [
        Say(*SPEAK), Later("conversation.item.done", item={
            "content": [{"type": "input_audio", "transcript": None}]}),
        Later("response.done"), Never(TRANSCRIPTION),
        Check("none came", lambda run: not any(
            event["type"].startswith(TRANSCRIPTION) for event in run.wire.events)),
    ]),
    Case("P30", "speech cancels the reply, and a new turn follows", [
        *ask(), Say(("clip", "wisdom"), ("silence", 1500)),
        Later("input_audio_buffer.speech_started"),
        Later("response.done", response={
            "id": Ref("response"), "status": "cancelled",
            "status_details": {"type": "cancelled", "reason": "turn_detected"},
        }),
        Later("input_audio_buffer.speech_stopped"), Later("response.created"),
        Later("response.done", response={"status": "completed"}),
        Check("the cancelled one ended there", no_delta_after_its_end),
    ], servers=BOTH),
    Case("P31", "a cancelled reply can be cut to what was heard", [
        *ask(), Say(("clip", "wisdom"), ("silence", 1500)),
        Later("response.done", response={"id": Ref("response"), "status": "cancelled"}),
        Send("conversation.item.truncate", item_id=Ref("reply"), content_index=0, audio_end_ms=200),
        Later("conversation.item.truncated", item_id=Ref("reply"), content_index=0,
              audio_end_ms=200),
        Send("conversation.item.retrieve", item_id=Ref("reply")),
        Later("conversation.item.retrieved", item={"content": was_cut_to(200)}),
    ], servers=BOTH),
    Case("P32", "a reply that is done can be cut: it may still be playing", [
        *ask("Say hello."), Later("response.done"),
        Send("conversation.item.truncate", item_id=Ref("reply"), content_index=0, audio_end_ms=100),
        Later("conversation.item.truncated", item_id=Ref("reply"), audio_end_ms=100),
    ]),
    Case("P33", "a cut far behind the end is refused", [
        *ask("Say hello."), Later("response.done"),
        Send("conversation.item.truncate", item_id=Ref("reply"), content_index=0,
             audio_end_ms=3_600_000),
        Error(message=has("already shorter than")),
        Send("conversation.item.retrieve", item_id=Ref("reply")),
        Later("conversation.item.retrieved", item={"content": Bind("content")}),
        Check("the item is whole", holds_all_its_audio),
    ]),
    Case("P34", "only the model's audio can be cut", [
        *add("hello"),
        Send("conversation.item.truncate", item_id=Ref("item"), content_index=0, audio_end_ms=10),
        Error(message=has("Only model output audio messages can be truncated")),
    ]),
    Case("P35", "push to talk", [
        Say(("clip", "wisdom")), Send("input_audio_buffer.commit"),
        Order("input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"),
        Send("response.create"), Order(*AUDIO_LADDER),
        Check("no speech events", lambda run: not run.wire.all("input_audio_buffer.speech_started")),
    ], servers=BOTH, session=PUSH_TO_TALK),
    Case("P36", "a commit needs 100 ms of audio", [
        Send("input_audio_buffer.commit"), Error("input_audio_buffer_commit_empty"),
        Say(("tone", 50)), Send("input_audio_buffer.commit"),
        Error("input_audio_buffer_commit_empty"),
    ], session=PUSH_TO_TALK),
    Case("P37", "a cleared buffer is empty", [
        Say(("tone", 1000)), Send("input_audio_buffer.clear"), Later("input_audio_buffer.cleared"),
        Send("input_audio_buffer.commit"), Error("input_audio_buffer_commit_empty"),
    ], session=PUSH_TO_TALK),
]  # fmt: skip

CASES = SESSION_CASES + ITEM_CASES + RESPONSE_CASES + AUDIO_CASES
