"""The program as the runtime of a Lambda function, under AWS's own Runtime Interface Emulator.

usage: lambda.py BASE_URL     the server is not asked; AVATAR_PROGRAM is run by the emulator

Every route that a function is asked for, in the shape of every gateway, with the real models; then
errors; then the same program with streaming on, thirty times in one process. One call at a time:
the emulator takes no more.
"""

import base64
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import samcli

from avatar_tools import CLIP, PORTRAIT, client
from avatar_tools.checks import check, finish
from avatar_tools.server import free_port

TEXT = "Hello, I am your avatar."
HEALTHY = b'{"status":"ok"}'
MEBIBYTE = 1 << 20


class Emulator:
    def __init__(self, work, **variables):
        source = pathlib.Path(samcli.__file__).parent / "local" / "rapid" / "aws-lambda-rie-x86_64"
        emulator = work / "rie"
        shutil.copy(source, emulator)
        emulator.chmod(0o755)
        self.port = free_port()
        self.log = open(work / "log", "w")  # noqa: SIM115
        self.process = subprocess.Popen(
            [emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{free_port()}", os.environ["AVATAR_PROGRAM"]],
            env={**os.environ, "LOG_LEVEL": "WARNING", "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
                 **variables},
            cwd=work, stdout=self.log, stderr=self.log)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def invoke(self, event):
        return json.loads(self.raw(event))

    def raw(self, event):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        connection.request(
            "POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        body = connection.getresponse().read()
        connection.close()
        return body

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Request:
    def __init__(self, method, path, body=None, kind=None, query=()):
        self.method, self.path, self.kind = method, path, kind
        self.body = body.encode() if isinstance(body, str) else body
        self.is_text = isinstance(body, str)
        self.query = list(query)

    def body_fields(self):
        if self.body is None:
            return {"body": None, "isBase64Encoded": False}
        text = self.body.decode() if self.is_text else base64.b64encode(self.body).decode()
        return {"body": text, "isBase64Encoded": not self.is_text}

    def headers(self):
        own = {"host": "h.example", "accept": "*/*", "x-request-id": "seen"}
        return own | ({"content-type": self.kind} if self.kind else {})

    def coded_query(self):
        return "&".join(f"{name}={value}" for name, value in self.query)


def rest_v1(request):
    many = {name.title(): [value] for name, value in request.headers().items()}
    query = {name: [v for n, v in request.query if n == name] for name, _ in request.query}
    return {
        "resource": "/{proxy+}", "path": request.path, "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {"stage": "prod", "httpMethod": request.method, "path": request.path},
        **request.body_fields()}


def http_v2(request, stage="$default"):
    path = request.path if stage == "$default" else f"/{stage}{request.path}"
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path,
        "rawQueryString": request.coded_query(), "headers": request.headers(),
        "cookies": ["a=1", "b=2"],
        "requestContext": {
            "stage": stage, "domainName": "h.example",
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1"}},
        **request.body_fields()}


def staged_v2(request):
    return http_v2(request, stage="prod")


def function_url(request):
    event = http_v2(request)
    event["requestContext"] |= {"domainName": "id.lambda-url.eu-central-1.on.aws"}
    del event["cookies"]
    return event


def balancer(request):
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": request.method, "path": request.path,
        "queryStringParameters": dict(request.query), "headers": request.headers(),
        **request.body_fields(), "body": request.body_fields()["body"] or ""}


def many_valued_balancer(request):
    event = balancer(request)
    del event["headers"], event["queryStringParameters"]
    return event | {
        "multiValueHeaders": {name: [value] for name, value in request.headers().items()},
        "multiValueQueryStringParameters": {name: [value] for name, value in request.query}}


SHAPES = {
    "REST v1": rest_v1, "HTTP v2": http_v2, "HTTP v2 with a stage": staged_v2,
    "function URL": function_url, "ALB": balancer, "ALB, many values": many_valued_balancer}


class Answer:
    """An answer, after its shape was held against what its gateway takes."""

    def __init__(self, shape, raw):
        self.faults = []
        if not isinstance(raw, dict) or "statusCode" not in raw:
            raise ValueError(f"no answer of a gateway: {str(raw)[:300]}")
        self.status = raw["statusCode"]
        many = shape in ("REST v1", "ALB, many values")
        wanted = {"statusCode", "body", "isBase64Encoded"}
        wanted |= {"multiValueHeaders"} if many else {"headers"}
        wanted |= {"statusDescription"} if shape.startswith("ALB") else set()
        if set(raw) != wanted:
            self.faults.append(f"has {sorted(raw)}, not {sorted(wanted)}")
        fields = raw.get("multiValueHeaders" if many else "headers") or {}
        inner = list if many else str
        if not all(isinstance(value, inner) for value in fields.values()):
            self.faults.append(f"header values of the wrong type: {fields}")
        if shape.startswith("ALB"):
            description = raw.get("statusDescription", "")
            if not description.startswith(f"{self.status} "):
                self.faults.append(f"statusDescription {description!r}")
        self.headers = {
            name.lower(): value[0] if many else value for name, value in fields.items()}
        self.is_base64 = raw.get("isBase64Encoded")
        body = raw.get("body", "")
        self.body = base64.b64decode(body, validate=True) if self.is_base64 else body.encode()
        # /healthz is made once and for all, and so bears no id.
        if self.headers.get("x-request-id", "seen" if self.body == HEALTHY else "") != "seen":
            self.faults.append(f"x-request-id {self.headers.get('x-request-id')!r}")

    def json(self):
        return json.loads(self.body)


def multipart(fields):
    body, headers = client.multipart(**fields)
    return body, headers["Content-Type"]


def is_audio(answer):
    return answer.headers["content-type"] == "audio/wav" and answer.body[:4] == b"RIFF"


def heard(answer):
    return "ask what you can do for your country" in answer.json()["text"]


def is_video(answer):
    kinds = answer.headers["content-type"] == "video/mp4" and answer.body[4:8] == b"ftyp"
    return kinds and b"moov" in answer.body


def routes():
    """Name, request, status, whether the body comes in base64, and what must hold of it."""
    speech = CLIP.read_bytes()
    portrait = PORTRAIT.read_bytes()
    video, kind = multipart({"image": portrait, "text": "Hello.", "size": "256", "fps": "12"})
    spoken = json.dumps({"text": TEXT})
    yield ("/healthz", Request("GET", "/healthz"), 200, False,
           lambda a: a.json() == {"status": "ok"})
    yield ("/transcribe", Request(
        "POST", "/transcribe", speech, "audio/wav",
        [("language", "en"), ("response_format", "json")]), 200, False, heard)
    yield ("/speak", Request("POST", "/speak", spoken, "application/json"), 200, True, is_audio)
    yield ("/animate", Request("POST", "/animate", video, kind), 200, True, is_video)
    yield ("/warmup", Request("POST", "/warmup", '{"engines":["speak"]}', "application/json"),
           200, False, lambda a: a.json()["engines"]["speak"]["state"] == "ready")
    yield ("an unknown path", Request("GET", "/nothing"), 404, False,
           lambda a: a.headers["content-type"] == "application/problem+json")
    yield ("a wrong method", Request("GET", "/speak"), 405, False,
           lambda a: "POST" in a.headers["allow"])
    yield ("a field that cannot be", Request(
        "POST", "/speak", json.dumps({"text": TEXT, "speed": 9}), "application/json"),
        400, False, lambda a: a.json()["field"] == "speed" and a.json()["instance"] == "seen")
    yield ("bytes that are no sound", Request(
        "POST", "/transcribe", b"\x00\xffno sound", "audio/wav"), 415, False,
        lambda a: a.json()["type"].endswith("#unreadable-audio"))


def check_routes(emulator):
    for name, request, status, is_base64, holds in routes():
        for shape, event_of in SHAPES.items():
            raw = emulator.invoke(event_of(request))
            try:
                answer = Answer(shape, raw)
                seen = answer.faults or (
                    answer.status, answer.is_base64, answer.headers, answer.body[:200])
                is_right = (
                    not answer.faults and answer.status == status
                    and answer.is_base64 == is_base64 and holds(answer))
            except (ValueError, KeyError) as error:
                is_right, seen = False, f"{type(error).__name__}: {error}"
            check(f"{shape}: {name}", is_right, seen)


def check_the_rest(emulator):
    warm = emulator.invoke({"warmup": True, "engines": ["speak", "transcribe"]})
    states = {name: engine["state"] for name, engine in warm.get("engines", {}).items()}
    check(
        "a warm-up event loads what it names",
        states == {"speak": "ready", "transcribe": "ready"}, warm)
    refused = emulator.invoke({"Records": [{"eventSource": "aws:s3"}]})
    check(
        "another event is an error that says what is taken",
        "errorType" in refused and "warmup" in refused.get("errorMessage", ""), refused)
    # A minute of speech in WAV is under the body limits and over the balancer's 1 MB.
    long = Request(
        "POST", "/speak", json.dumps({"text": "This is one of many sentences. " * 30}),
        "application/json")
    answer = Answer("ALB", emulator.invoke(balancer(long)))
    check(
        "an answer over the balancer's limit is a problem with advice, not the platform's error",
        answer.status == 502 and "shorter" in answer.json()["detail"].lower(),
        (answer.status, answer.body[:300]))
    larger = Answer("REST v1", emulator.invoke(rest_v1(long)))
    check(
        "a REST API takes the same answer",
        larger.status == 200 and len(larger.body) > MEBIBYTE and is_audio(larger),
        (larger.status, larger.body[:300]))
    after = Answer("HTTP v2", emulator.invoke(http_v2(Request("GET", "/readyz"))))
    check("it still answers", after.status == 200 and after.json()["status"] == "ok")


def check_streaming(work):
    """Short and long answers, refusals and errors in turn: a prelude, eight NULs, the body."""

    def speech(text):
        return Request("POST", "/speak", json.dumps({"text": text}), "application/json")

    kinds = [
        (speech("One."), 200, lambda body: body[:4] == b"RIFF"),
        (Request("GET", "/healthz"), 200, lambda body: body == HEALTHY),
        (speech("This is one of many sentences. " * 12), 200, lambda body: len(body) > 500_000),
        (Request("POST", "/speak", "{", "application/json"), 400, lambda body: b"bad-json" in body),
        (Request("POST", "/animate", "x", "multipart/form-data; boundary=b"), 400,
         lambda body: b"bad-multipart" in body),
        (Request("GET", "/nothing"), 404, lambda body: b"not-found" in body),
    ]
    emulator = Emulator(work, AVATAR_LAMBDA_STREAM="1")
    wrong = []
    try:
        for turn in range(30):
            request, status, holds = kinds[turn % len(kinds)]
            event = [function_url, rest_v1, http_v2][turn % 3](request)
            prelude, gap, body = emulator.raw(event).partition(bytes(8))
            if not gap or json.loads(prelude)["statusCode"] != status or not holds(body):
                wrong.append((turn, prelude[:200], body[:80]))
    finally:
        emulator.stop()
    check("thirty streamed answers in one process are each whole", not wrong, wrong[:3])


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_streaming(pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(pathlib.Path(folder))
        try:
            check_routes(emulator)
            check_the_rest(emulator)
        finally:
            emulator.stop()
        words = (pathlib.Path(folder) / "log").read_text()
        check(
            "nothing of a request is in the log",
            "avatar." not in words and "country" not in words, words[-500:])
    finish()


main()
