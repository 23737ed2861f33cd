"""What an operator watches: /metrics, the log, README's tables of both, the Grafana dashboard.

usage: metrics.py BASE_URL     also reads AVATAR_LOG, the server's log
"""

import json
import os
import pathlib
import re
import sys
import time
import urllib.request

from avatar_tools import ROOT as root
from avatar_tools.checks import check, finish

suffixes = {"histogram": ["_bucket", "_sum", "_count"], "counter": [""], "gauge": [""]}


def ask(url, path, body=None, **headers):
    request = urllib.request.Request(
        url + path,
        data=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode("utf-8", "replace"), answer.headers


def parse(text):
    """Families and samples of Prometheus' text format, version 0.0.4; any other line is a fault."""
    kinds, samples, faults = {}, [], []
    for line in text.splitlines():
        if match := re.fullmatch(r"# TYPE (\w+) (counter|gauge|histogram)", line):
            kinds[match[1]] = match[2]
        elif match := re.fullmatch(
            r'(\w+)(?:\{((?:\w+="[^"\\\n]*",?)*)\})? (-?[0-9.e+-]+|\+Inf|NaN)', line
        ):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            samples.append((match[1], labels, float(match[3])))
        elif not re.fullmatch(r"# HELP \w+ .+", line):
            faults.append(line)
    return kinds, samples, faults


def metric_names(expression):
    """The metrics that a query names: what is no function, keyword, label or string."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(?:by|without)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    return set(re.findall(r"\b[a-z][a-z0-9_]*\b(?!\s*\()", bare))


def expressions(readme):
    dashboard = json.loads((root / "scripts/dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"dashboard, {panel['title']}", target["expr"]
    for block in re.findall(r"```promql\n(.*?)```", readme, re.S):
        for line in block.splitlines():
            yield "README", line.split("  #")[0].strip()


def main():
    url = sys.argv[1]
    readme = (root / "README.md").read_text()
    ask(url, "/speak", b'{"text":"Hello."}')
    ask(url, "/warmup", b"{}")
    ask(url, "/speak", b'{"text":"Hello."}', Prefer="respond-async")
    text, headers = ask(url, "/metrics")
    check("/metrics has Prometheus' media type",
          headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
    kinds, samples, faults = parse(text)
    check("every line is Prometheus' text format", samples and not faults, faults)
    known = {family + suffix: family for family, kind in kinds.items() for suffix in suffixes[kind]}
    strays = {name for name, _, _ in samples if name not in known}
    check("every sample belongs to a family", not strays, strays)
    series = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples]
    check("no series comes twice", len(series) == len(set(series)))

    buckets = {}
    for name, labels, value in samples:
        if name.endswith("_bucket"):
            key = (name, labels["route"], labels["stage"])
            buckets.setdefault(key, []).append((float(labels["le"]), value))
    check("buckets grow and end with +Inf", buckets and all(
        row == sorted(row) and [v for _, v in row] == sorted(v for _, v in row)
        and row[-1][0] == float("inf") for row in buckets.values()), buckets)

    listed = set(re.findall(r"^\| `((?:avatar|process)_\w+)`", readme, re.M))
    check("README lists the metrics that are, and no other", listed == set(kinds),
          (listed ^ set(kinds)))
    queries = list(expressions(readme))
    check("README has queries", any(place == "README" for place, _ in queries))
    for place, expression in queries:
        names = metric_names(expression)
        labels = set(re.findall(r'(\w+)\s*=~?"', expression)) | {
            label.strip() for group in re.findall(r"\bby\s*\(([^)]*)\)", expression)
            for label in group.split(",")}
        # `job` and `instance` are Prometheus' own.
        has = {label for name, of, _ in samples if name in names for label in of} | {
            "job",
            "instance",
        }
        check(f"{place}: {expression}", names and names <= set(known) and labels <= has,
              (names - set(known), labels - has))

    identity = "black-box-log-line"
    ask(url, "/speak", b'{"text":"A secret sentence."}', X_Request_Id=identity,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    # The answer leaves a moment before its line is written.
    for _ in range(40):
        log = pathlib.Path(os.environ["AVATAR_LOG"]).read_text()
        lines = [json.loads(line) for line in log.splitlines() if line.endswith("}")]
        line = next((line for line in lines if line.get("id") == identity), {})
        if line:
            break
        time.sleep(0.05)
    section = re.search(r"\n### Log\n(.*?)\n##", readme, re.S)
    fields = set(re.findall(r"^\| `(\w+)` \|", section[1], re.M)) if section else set()
    check("the log line has the fields that README tells", set(line) == fields, (set(line), fields))
    check("no text is logged", "secret" not in log)
    finish()


main()
