"""Traces and metrics as a collector gets them, read by OpenTelemetry's own schema (the package
opentelemetry-proto): whole, nested, nothing of the content; a collector that is slow or away costs
requests nothing.

usage: telemetry.py BASE_URL     the server is not asked; AVATAR_PROGRAM is run
"""

import http.server
import json
import statistics
import threading
import time

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from avatar_tools import PORTRAIT, client
from avatar_tools.checks import check, finish, serving

SECRET = "The password is swordfish."
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, delay=0.0, status=200):
        super().__init__(("127.0.0.1", 0), Handler)
        self.delay, self.status, self.posts = delay, status, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """The program's end cuts its connection: nothing to tell."""

    def bodies(self, path):
        return [body for target, body, _ in list(self.posts) if target == path]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay)
        self.server.posts.append((self.path, body, dict(self.headers)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def by_schema(body, message):
    """The body, held against the schema: a field that it does not know is an error. OTLP writes ids
    in hexadecimal where protobuf's JSON has base64."""
    plain = json.loads(body)

    def coded(value):
        if isinstance(value, list):
            return [coded(element) for element in value]
        if not isinstance(value, dict):
            return value
        import base64
        return {
            name: base64.b64encode(bytes.fromhex(field)).decode()
            if name in ("traceId", "spanId", "parentSpanId") else coded(field)
            for name, field in value.items()}

    return json_format.ParseDict(coded(plain), message)


def spans_of(collector):
    spans = []
    for body in collector.bodies("/v1/traces"):
        request = by_schema(body, trace_service_pb2.ExportTraceServiceRequest())
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                spans += scope.spans
    return spans


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.05)
    return condition()


def variables(collector):
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "checked",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=k1", "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_METRIC_EXPORT_INTERVAL": "400"}


def try_animate():
    collector = Collector()
    with serving(**variables(collector)) as (port, _):
        body, headers = client.multipart(image=PORTRAIT.read_bytes(), text=SECRET, size=256)
        headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"
        headers["X-Request-Id"] = "seen-by-us"
        status, _ = client.ask(f"http://127.0.0.1:{port}/animate", body, headers)
        check("a video is made", status == 200, status)
        wait_for(lambda: spans_of(collector))
        spans = spans_of(collector)
        roots = [span for span in spans if span.kind == 2]
        check("one span is the request's", len(roots) == 1, [span.name for span in spans])
        root = roots[0]
        check("it goes on with the caller's trace",
              root.trace_id.hex() == TRACE and root.parent_span_id.hex() == PARENT)
        attributes = {entry.key: entry.value for entry in root.attributes}
        check("it tells method, route, status and the request's id",
              root.name == "POST /animate"
              and attributes["http.response.status_code"].int_value == 200
              and attributes["avatar.request.id"].string_value == "seen-by-us", root)
        stages = [span for span in spans if span is not root]
        names = {span.name for span in stages}
        wanted = {"queue", "decode", "load", "speak", "render", "encode"}
        check("queue, decode, load, speak, render and encode are within it",
              wanted <= names and all(
                  span.parent_span_id == root.span_id and span.trace_id == root.trace_id
                  and root.start_time_unix_nano <= span.start_time_unix_nano
                  <= span.end_time_unix_nano <= root.end_time_unix_nano for span in stages), names)
        check("it lies in the present",
              abs(root.end_time_unix_nano / 1e9 - time.time()) < 60)
        wait_for(lambda: collector.bodies("/v1/metrics"))
        metrics = by_schema(
            collector.bodies("/v1/metrics")[-1], metrics_service_pb2.ExportMetricsServiceRequest())
        told = {metric.name for scope in metrics.resource_metrics[0].scope_metrics
                for metric in scope.metrics}
        check("metrics come too", {"avatar.requests", "avatar.stage", "avatar.spans.dropped"}
              <= told, told)
        sent = b"".join(body for _, body, _ in collector.posts)
        check("nothing of the content is sent",
              not any(word in sent for word in (b"swordfish", b"password", b"astronaut")))
        check("the collector's key is sent", all(
            fields.get("x-collector-key") == "k1" for _, _, fields in collector.posts))
        check("an unrecorded trace is not recorded", unrecorded(port, collector))


def unrecorded(port, collector):
    before = len(spans_of(collector))
    client.ask(f"http://127.0.0.1:{port}/speak", json.dumps({"text": "Hi."}),
               {"traceparent": f"00-{TRACE}-{PARENT}-00"})
    time.sleep(0.6)
    return len(spans_of(collector)) == before


def try_end():
    collector = Collector()
    with serving(**variables(collector) | {"OTEL_BSP_SCHEDULE_DELAY": "60000"}) as (port, _):
        client.ask(f"http://127.0.0.1:{port}/speak", json.dumps({"text": "Hi."}))
    names = [span.name for span in spans_of(collector)]
    check("what waits is sent when the server stops", "POST /speak" in names, names)
    in_flight()


def in_flight():
    """A request that ends while the server stops."""
    collector = Collector()
    seen = []
    with serving(**variables(collector) | {"OTEL_BSP_SCHEDULE_DELAY": "60000"}) as (port, process):
        order = json.dumps({"text": "One more sentence is spoken while it stops. " * 40})
        caller = threading.Thread(target=lambda: seen.append(
            client.ask(f"http://127.0.0.1:{port}/speak", order)[0]))
        caller.start()
        time.sleep(0.3)
        process.terminate()
        caller.join()
        process.wait()
    roots = [span for span in spans_of(collector) if span.name == "POST /speak"]
    told = [entry.value.int_value for span in roots for entry in span.attributes
            if entry.key == "http.response.status_code"]
    check("a request that ends while it stops is sent too", seen == told == [200], (seen, told))


def latency(port, count=200):
    times = []
    for _ in range(count):
        began = time.perf_counter()
        client.ask(f"http://127.0.0.1:{port}/voices")
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def try_away():
    """A collector that takes nothing, and one that hangs."""
    for what, collector in (("is away", None), ("hangs", Collector(delay=30)),
                            ("refuses", Collector(status=503))):
        order = variables(collector or Collector())
        if collector is None:
            order["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
        with serving(**order) as (port, process):
            before = latency(port)
            check(f"requests do not wait for a collector that {what}: {before:.2f} ms",
                  before < 50 and process.poll() is None, before)


def main():
    try_animate()
    try_end()
    try_away()
    finish()


main()
