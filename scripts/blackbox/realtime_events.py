"""Checks of a conversation's events: the session, its items, and what is wrong with others."""

from avatar_tools.realtime.cases import case, kit
from avatar_tools.realtime.live import Live
from avatar_tools.realtime.sound import Wrong, need


@case("session.update merges, shows the whole, and ignores unknown fields")
async def _():
    async with Live(kit.full) as live:
        await live.update(
            instructions="Be kind.",
            tracing="auto",
            truncation="disabled",
            something_new={"deep": [1]},
            max_output_tokens=100,
        )
        session = await live.update(
            output_modalities=["text"],
            audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.6}}},
        )
        need(
            session["instructions"] == "Be kind." and session["output_modalities"] == ["text"],
            str(session)[:300],
        )
        detection = session["audio"]["input"]["turn_detection"]
        need(
            detection["threshold"] == 0.6 and detection["silence_duration_ms"] == 500,
            f"{detection}",
        )
        need(session["max_output_tokens"] == 100, "max_output_tokens")
        need(session["audio"]["output"]["format"]["type"] == "audio/pcm", "output format")


@case("a refused update changes nothing")
async def _():
    async with Live(kit.full) as live:
        before = await live.update(instructions="One.")
        await live.refused(
            type="session.update",
            session={
                "type": "realtime",
                "instructions": "Two.",
                "audio": {"output": {"voice": "nobody-has-this-voice"}},
            },
        )
        need(await live.update() == before, "the session changed")


@case("semantic_vad and a null turn_detection are taken")
async def _():
    async with Live(kit.full) as live:
        session = await live.update(
            audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "medium"}}}
        )
        need(session["audio"]["input"]["turn_detection"]["type"] == "semantic_vad", "type")
        session = await live.update(audio={"input": {"turn_detection": None}})
        need(session["audio"]["input"]["turn_detection"] is None, "not null")


MALFORMED = [
    ("unknown type", {"type": "input_audio_buffer.swallow"}, "unknown_event_type", None),
    ("no audio", {"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
    (
        "bad base64",
        {"type": "input_audio_buffer.append", "audio": "@@@not base64@@@"},
        "invalid_base64",
        "audio",
    ),
    ("audio no string", {"type": "input_audio_buffer.append", "audio": 7}, "invalid_type", "audio"),
    (
        "empty commit",
        {"type": "input_audio_buffer.commit"},
        "input_audio_buffer_commit_empty",
        None,
    ),
    (
        "wrong rate",
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"input": {"format": {"type": "audio/pcm", "rate": 12345}}},
            },
        },
        "invalid_value",
        "session.audio.input.format.rate",
    ),
    (
        "wrong format",
        {
            "type": "session.update",
            "session": {"type": "realtime", "audio": {"input": {"format": {"type": "audio/mp3"}}}},
        },
        "invalid_value",
        "session.audio.input.format.type",
    ),
    (
        "wrong session type",
        {"type": "session.update", "session": {"type": "transcription"}},
        "invalid_value",
        "session.type",
    ),
    ("session no object", {"type": "session.update", "session": []}, "invalid_type", "session"),
    ("no session", {"type": "session.update"}, "missing_required_parameter", "session"),
    (
        "unknown voice",
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"output": {"voice": "nobody-has-this-voice"}},
            },
        },
        "invalid_value",
        "session.audio.output.voice",
    ),
    (
        "threshold over 1",
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}},
            },
        },
        "invalid_value",
        "session.audio.input.turn_detection.threshold",
    ),
    (
        "unknown detector",
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"input": {"turn_detection": {"type": "psychic"}}},
            },
        },
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    (
        "the beta's shape",
        {
            "type": "session.update",
            "session": {"modalities": ["text"], "input_audio_format": "pcm16"},
        },
        "beta_api_shape_disabled",
        None,
    ),
    ("cancel of nothing", {"type": "response.cancel"}, "response_cancel_not_active", None),
    (
        "item without content",
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}},
        "missing_required_parameter",
        "item.content",
    ),
    (
        "item of no role",
        {
            "type": "conversation.item.create",
            "item": {"type": "message", "role": "ghost", "content": []},
        },
        "invalid_value",
        "item.role",
    ),
    (
        "after an unknown item",
        {
            "type": "conversation.item.create",
            "previous_item_id": "item_nope",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "x"}],
            },
        },
        "item_create_invalid_previous_item_id",
        "previous_item_id",
    ),
    (
        "image by address",
        {
            "type": "conversation.item.create",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "http://127.0.0.1:1/x.png"}],
            },
        },
        "invalid_value",
        "item.content[0].image_url",
    ),
    (
        "delete of nothing",
        {"type": "conversation.item.delete", "item_id": "item_nope"},
        "item_delete_invalid_item_id",
        "item_id",
    ),
    (
        "retrieve of nothing",
        {"type": "conversation.item.retrieve", "item_id": "item_nope"},
        "item_retrieve_invalid_item_id",
        "item_id",
    ),
    (
        "truncate of nothing",
        {
            "type": "conversation.item.truncate",
            "item_id": "item_nope",
            "content_index": 0,
            "audio_end_ms": 10,
        },
        "item_truncate_invalid_item_id",
        "item_id",
    ),
    (
        "truncate without a time",
        {"type": "conversation.item.truncate", "item_id": "item_nope", "content_index": 0},
        "missing_required_parameter",
        "audio_end_ms",
    ),
    ("text commit of nothing", {"type": "input_text_buffer.commit"}, "invalid_value", None),
    ("text that is none", {"type": "input_text_buffer.append", "text": {}}, "invalid_type", "text"),
]


@case("every malformed event has its error, names the event, and the session goes on")
async def _():
    wrong = []
    async with Live(kit.full) as live:
        await live.until("session.created")
        for name, event, code, param in MALFORMED:
            try:
                await live.refused(code, param, **event)
            except Wrong as seen:
                wrong.append(f"{name}: {str(seen)[:160]}")
                if live.closed:
                    break
        await live.alive()
    need(not wrong, "; ".join(wrong))


@case("what is no JSON, no object, or has no type is an error, not the end")
async def _():
    async with Live(kit.full) as live:
        await live.until("session.created")
        for text, code in (
            ("{", "invalid_json"),
            ("[1]", "invalid_event"),
            ('"x"', "invalid_event"),
            ("{}", "invalid_event"),
            ('{"type":5}', "invalid_event"),
            ("[" * 5000 + "]" * 5000, None),
            ("", "invalid_json"),
        ):
            mark = live.mark()
            await live.socket.send(text)
            event = await live.until("error", 5, mark)
            need(
                code is None or event["error"]["code"] == code,
                f"{text[:20]!r}: {event['error']['code']}",
            )
        await live.alive()


@case("items are created in place, retrieved and deleted")
async def _():
    async with Live(kit.full) as live:
        a = await live.say("First.")
        mark = live.mark()
        await live.send(
            type="conversation.item.create",
            previous_item_id="root",
            item={
                "id": "item_mine",
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": "Zeroth."}],
            },
        )
        event = await live.until("conversation.item.added", 5, mark)
        need(event["item"]["id"] == "item_mine" and not event.get("previous_item_id"), str(event))
        await live.refused(
            "item_create_duplicate_item_id",
            None,
            type="conversation.item.create",
            item={
                "id": "item_mine",
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "x"}],
            },
        )
        mark = live.mark()
        await live.send(type="conversation.item.retrieve", item_id=a)
        event = await live.until("conversation.item.retrieved", 5, mark)
        need(event["item"]["content"][0]["text"] == "First.", str(event))
        await live.send(type="conversation.item.delete", item_id=a)
        need((await live.until("conversation.item.deleted", 5))["item_id"] == a, "other id")
        await live.refused(
            "item_retrieve_invalid_item_id", None, type="conversation.item.retrieve", item_id=a
        )
