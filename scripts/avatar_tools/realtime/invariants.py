"""What must hold of every event of every conversation, whatever a check is about."""

import json
import re
import typing
from typing import Any

import openai.types.realtime as openai_types

Event = dict[str, Any]

NUMBER = (int, float)
# Events beyond OpenAI's, and the fields that each must have.
OURS: dict[str, dict[str, Any]] = {
    "response.video.delta": {
        "codec": str, "delta": str, "init": bool, "stream_ms": NUMBER, "duration_ms": NUMBER,
        "output_index": int},
    "response.audio_timestamp.delta": {
        "item_id": str, "audio_offset_ms": NUMBER, "audio_duration_ms": NUMBER, "text": str},
    "response.audio_timestamp.done": {"item_id": str},
    "response.animation_viseme.delta": {
        "item_id": str, "audio_offset_ms": NUMBER, "viseme_id": int},
    "response.animation_viseme.done": {"item_id": str},
    "session.avatar.switch_to_speaking": {"stream_ms": NUMBER},
    "session.avatar.switch_to_idle": {"stream_ms": NUMBER},
    "input_text_buffer.committed": {"response_id": str, "item_id": str},
    "input_text_buffer.cleared": {},
}
CLOSED = ("completed", "cancelled", "failed", "incomplete")
DELTAS = ("response.output_audio.delta", "response.output_text.delta",
          "response.output_audio_transcript.delta")


def openai_events() -> dict[str, Any]:
    """OpenAI's class of each event that a server sends, by the event's type."""
    union = typing.get_args(openai_types.RealtimeServerEvent)[0]
    return {
        typing.get_args(kind.model_fields["type"].annotation)[0]: kind
        for kind in typing.get_args(union)}


THEIRS = openai_events()


class Invariants:
    """Follows a conversation's events and keeps what was wrong with them."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.items: dict[str, Event] = {}
        self.done_items: set[str] = set()
        # A response's status, "open" until it is done.
        self.responses: dict[str, str] = {}
        self.output: dict[tuple[str, str], str] = {}
        self.parts: dict[tuple[str, int], str] = {}

    def watch(self, event: Event) -> None:
        kind = str(event.get("type"))
        if not self.ids and kind != "session.created":
            self.faults.append(f"first event is {kind}")
        event_id = event.get("event_id")
        if not isinstance(event_id, str) or event_id in self.ids:
            self.faults.append(f"{kind}: event_id absent or used twice")
        self.ids.add(str(event_id))
        self.watch_form(kind, event)
        self.watch_items(kind, event)
        self.watch_responses(kind, event)
        self.watch_output(kind, event)

    def watch_form(self, kind: str, event: Event) -> None:
        if kind in THEIRS:
            # Other rates than 24000 are our addition.
            text = re.sub(r'"rate": (8|16|48)000\b', '"rate": 24000', json.dumps(event))
            try:
                THEIRS[kind].model_validate(json.loads(text))
            except ValueError as problem:
                self.faults.append(f"{kind} is not as OpenAI's types have it: {str(problem)[:300]}")
        elif kind in OURS:
            for name, what in OURS[kind].items():
                if not isinstance(event.get(name), what):
                    self.faults.append(f"{kind}: {name} is {event.get(name)!r}")
        else:
            self.faults.append(f"unknown event {kind}")

    def watch_items(self, kind: str, event: Event) -> None:
        if kind == "conversation.item.added":
            before = event.get("previous_item_id")
            if before and before not in self.items:
                self.faults.append(f"previous_item_id {before} is unknown")
            self.items[event["item"]["id"]] = event["item"]
        if kind == "conversation.item.done":
            item = event["item"]["id"]
            if item not in self.items:
                self.faults.append("item done that was never added")
            if item in self.done_items:
                self.faults.append("item done twice")
            self.done_items.add(item)

    def watch_responses(self, kind: str, event: Event) -> None:
        if kind == "response.created":
            if "open" in self.responses.values():
                self.faults.append("two responses at once")
            if event["response"]["id"] in self.responses:
                self.faults.append("response created twice")
            self.responses[event["response"]["id"]] = "open"
        elif kind == "response.done":
            response = event["response"]
            if self.responses.get(response["id"]) != "open":
                self.faults.append("response.done without, or twice for, its response.created")
            self.responses[response["id"]] = response["status"]
            if response["status"] not in CLOSED:
                self.faults.append(f"done with status {response['status']}")
            for (owner, _), state in self.output.items():
                if owner == response["id"] and state != "done":
                    self.faults.append("response done before its output item")
        elif (
            kind.startswith("response.") and "response_id" in event
            and kind != "response.video.delta"
            and self.responses.get(event["response_id"]) != "open"
        ):
            self.faults.append(f"{kind} outside its response")

    def watch_output(self, kind: str, event: Event) -> None:
        if kind == "response.output_item.added":
            index = sum(1 for owner, _ in self.output if owner == event["response_id"])
            if event["output_index"] != index:
                self.faults.append(f"output_index {event['output_index']}, expected {index}")
            self.output[event["response_id"], event["item"]["id"]] = "open"
        elif kind == "response.output_item.done":
            item = event["item"]["id"]
            if self.output.get((event["response_id"], item)) != "open":
                self.faults.append("output item done without added")
            if any(of == item and state == "open" for (of, _), state in self.parts.items()):
                self.faults.append("output item done before its part")
            self.output[event["response_id"], item] = "done"
        elif kind == "response.content_part.added":
            self.parts[event["item_id"], event["content_index"]] = "open"
        elif kind == "response.content_part.done":
            part = (event["item_id"], event["content_index"])
            if self.parts.get(part) != "open":
                self.faults.append("part done without added")
            self.parts[part] = "done"
        elif kind in DELTAS:
            part = (event["item_id"], event["content_index"])
            if self.parts.get(part) != "open":
                self.faults.append(f"{kind} outside its part")
