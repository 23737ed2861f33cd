"""What schemathesis must be told of this server: real media, and how forms are read."""

import json
import re

import schemathesis
from schemathesis.transport.serialization import Binary

from avatar_tools import CLIP, PORTRAIT

portrait = PORTRAIT.read_bytes()
voice = CLIP.read_bytes()[: 44 + 32_000]  # one second
media = {"image": Binary(portrait), "audio": Binary(voice), "file": Binary(voice)}


def is_chosen(content):
    """Half of the media that are made up are replaced, the same ones in each run."""
    content = getattr(content, "data", content)
    return isinstance(content, bytes) and len(content) % 2 == 1


@schemathesis.hook
def map_body(context, body):
    """Random bytes are never a sound or an image: real ones let the tool see what comes after."""
    if isinstance(body, dict):
        return {name: media[name] if name in media and is_chosen(value) else value
                for name, value in body.items()}
    return media["file"] if is_chosen(body) else body


@schemathesis.hook
def map_headers(context, headers):
    """Few random preferences ask for a job: some do."""
    if headers and "Prefer" in headers and len(headers["Prefer"]) % 2 == 1:
        return {**headers, "Prefer": "respond-async"}
    return headers


@schemathesis.hook
def filter_case(context, case):
    """A form has no types: 2 in place of a text is the text "2", and a field that is empty was not
    filled in. A form that is wrong in nothing else is not wrong, and the server is right to take
    it; no other case is left out."""
    is_form = case.media_type in ["multipart/form-data", "application/x-www-form-urlencoded"]
    mode = case.meta and case.meta.generation.mode
    if not is_form or mode is None or not mode.is_negative or not isinstance(case.body, dict):
        return True
    schema = next(body.definition["schema"] for body in case.operation.body
                  if body.media_type == case.media_type)
    return not is_good_form(case.body, schema)


def is_good_form(body, schema):
    texts = {name: as_text(value) for name, value in body.items()}
    filled = {name for name, text in texts.items() if text}
    if not set(schema.get("required", [])) <= filled:
        return False
    choices = [set(choice["required"]) for choice in schema.get("oneOf", [])]
    if choices and sum(choice <= filled for choice in choices) != 1:
        return False
    return all(is_good_text(texts[name], schema["properties"].get(name, {})) for name in filled)


def as_text(value):
    value = getattr(value, "data", value)
    if isinstance(value, (bytes, str)):
        return value
    return json.dumps(value)


def is_good_text(text, schema):
    if isinstance(text, bytes) or "type" not in schema:
        return True
    if "enum" in schema and text not in schema["enum"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], text):
        return False
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return False
    if schema["type"] == "boolean":
        return text.lower() in ["true", "false", "1", "0", "yes", "no", "on", "off"]
    if schema["type"] in ["integer", "number"]:
        pattern = r"-?\d+" if schema["type"] == "integer" else r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
        return re.fullmatch(pattern, text) is not None and schema.get(
            "minimum", float("-inf")
        ) <= float(text) <= schema.get("maximum", float("inf"))
    return schema["type"] != "array"
