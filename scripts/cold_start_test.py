#!/usr/bin/env python3
"""Measures cold starts: of a deployed URL (COLD_START_URL), or of a command that serves.

usage: COLD_START_URL=https://... scripts/cold_start_test.py [options]
       scripts/cold_start_test.py --spawn '.build/release/avatar-backend' [options]

Each run opens a new connection and sends POST /warmup, which loads the engines that are not loaded
yet and tells how long each took. A deployed service is cold only after it has slept: give
--idle-seconds more than the platform waits. With --spawn every run starts the command anew, with
PORT set, and "listen" is the time until it accepts. Standard library only; exits 1 when a run
failed.
"""

import argparse
import concurrent.futures
import csv
import http.client
import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse

from avatar_tools.figures import percentile
from avatar_tools.server import free_port

STEPS = ["listen", "connect", "tls", "first_byte", "total"]


class RunFailed(Exception):
    """What went wrong in one run, in a line."""


def milliseconds(since):
    return (time.perf_counter() - since) * 1000


def start(command, limit):
    """Starts the command on a free port; returns it, its URL and the ms until it accepted."""
    port = free_port()
    environment = dict(os.environ, PORT=str(port), HOST="127.0.0.1")
    began = time.perf_counter()
    process = subprocess.Popen(
        shlex.split(command), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while milliseconds(began) < limit * 1000:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=limit).close()
            return process, f"http://127.0.0.1:{port}", milliseconds(began)
        except OSError:
            if process.poll() is not None:
                tail = process.stderr.read().decode(errors="replace").strip()[-300:]
                raise RunFailed(f"the command ended with {process.returncode}: {tail}") from None
            time.sleep(0.0005)
    stop(process)
    raise RunFailed(f"the command did not listen within {limit} s")


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def ask(url, options):
    """One request over a new connection; returns the ms of each step and the parsed answer."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    times = {}
    began = time.perf_counter()
    link = socket.create_connection((parts.hostname, port), timeout=options.timeout)
    times["connect"] = milliseconds(began)
    with link:
        if parts.scheme == "https":
            at = time.perf_counter()
            link = ssl.create_default_context().wrap_socket(link, server_hostname=parts.hostname)
            times["tls"] = milliseconds(at)
        body = b""
        if options.engines:
            body = json.dumps({"engines": options.engines.split(",")}).encode()
        lines = [
            f"{options.method} {parts.path.rstrip('/')}{options.path} HTTP/1.1",
            f"Host: {parts.netloc.rpartition('@')[2]}",
            "User-Agent: cold-start-test",
            "Connection: close",
        ]
        if options.method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        if options.key:
            lines.append(f"Authorization: Bearer {options.key}")
        at = time.perf_counter()
        link.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = http.client.HTTPResponse(link, method=options.method)
        answer.begin()
        times["first_byte"] = milliseconds(at)
        content = answer.read(4 << 20)
        times["total"] = milliseconds(began)
    return times, answer.status, content


def one_run(number, options):
    """One cold start; never raises for what the other side does."""
    process = None
    result = {"run": number, "status": 0, "error": "", "times": {}, "engines": {}}
    try:
        url = options.url
        if options.spawn:
            process, url, result["times"]["listen"] = start(options.spawn, options.timeout)
        times, result["status"], content = ask(url, options)
        result["times"].update(times)
        if options.spawn:
            result["times"]["total"] += result["times"]["listen"]
        if result["status"] >= 400:
            result["error"] = f"status {result['status']}"
        try:
            engines = json.loads(content).get("engines", {})
        except (ValueError, AttributeError):
            engines = {}
        for name, engine in engines.items():
            if isinstance(engine, dict) and isinstance(engine.get("load_ms"), (int, float)):
                result["engines"][name] = engine["load_ms"]
    except (OSError, http.client.HTTPException, RunFailed) as error:
        result["error"] = f"{type(error).__name__}: {error}"
    finally:
        if process is not None:
            stop(process)
    return result


def summary(values):
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "min": ordered[0],
        "p50": percentile(ordered, 50),
        "p95": percentile(ordered, 95),
        "p99": percentile(ordered, 99),
        "max": ordered[-1],
    }


def summaries(results):
    good = [result for result in results if not result["error"]]
    columns = {step: [r["times"][step] for r in good if step in r["times"]] for step in STEPS}
    names = sorted({name for result in good for name in result["engines"]})
    for name in names:
        columns[f"load {name}"] = [r["engines"][name] for r in good if name in r["engines"]]
    return {name: summary(values) for name, values in columns.items() if values}


def table(rows):
    kinds = ["min", "p50", "p95", "p99", "max"]
    lines = [f"{'ms':<18}" + "".join(f"{kind:>10}" for kind in kinds) + f"{'runs':>7}"]
    for name, row in rows.items():
        cells = "".join(f"{row[kind]:>10.1f}" for kind in kinds)
        lines.append(f"{name:<18}{cells}{row['count']:>7}")
    return "\n".join(lines)


def histogram(values, bins=10, width=40):
    low, high = min(values), max(values)
    step = (high - low) / bins or 1
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int((value - low) / step))] += 1
    if high == low:
        counts = counts[:1]
    most = max(counts)
    lines = ["total, ms"]
    for index, count in enumerate(counts):
        bar = "#" * round(count * width / most)
        edges = f"{low + index * step:>10.1f} … {low + (index + 1) * step:>10.1f}"
        lines.append(f"{edges} |{bar} {count}")
    return "\n".join(lines)


def write_csv(results, stream):
    names = sorted({name for result in results for name in result["engines"]})
    writer = csv.writer(stream)
    writer.writerow(
        ["run", "status", "error"]
        + [f"{step}_ms" for step in STEPS]
        + [f"load_{name}_ms" for name in names]
    )
    for result in results:
        cells = [result["times"].get(step) for step in STEPS]
        cells += [result["engines"].get(name) for name in names]
        writer.writerow(
            [result["run"], result["status"], result["error"]]
            + ["" if cell is None else f"{cell:.2f}" for cell in cells]
        )


def arguments():
    first, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spawn", metavar="CMD", help="start this command for every run")
    parser.add_argument("--runs", type=int, default=10, help="rounds (default 10)")
    parser.add_argument("--concurrency", type=int, default=1, help="requests at once in a round")
    parser.add_argument("--idle-seconds", type=float, default=0, help="sleep before each round")
    parser.add_argument("--path", default="/warmup", help="what to ask for (default /warmup)")
    parser.add_argument("--method", default="POST", choices=["POST", "GET"])
    parser.add_argument("--engines", help="transcribe,speak,animate: load only these")
    parser.add_argument("--key", default=os.environ.get("AVATAR_API_KEY", ""), help="bearer token")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for each step")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--csv", action="store_true", help="print one CSV line a run")
    options = parser.parse_args()
    # The first of a list, as AVATAR_API_KEY may hold several.
    options.key = options.key.split(",")[0].strip()
    options.url = os.environ.get("COLD_START_URL", "")
    if not options.spawn and not options.url.startswith(("http://", "https://")):
        parser.error("set COLD_START_URL to an http:// or https:// URL, or give --spawn")
    if not (1 <= options.runs <= 10_000 and 1 <= options.concurrency <= 1_000):
        parser.error("--runs is 1 to 10000 and --concurrency 1 to 1000")
    return options


def main():
    options = arguments()
    results = []
    shows = sys.stderr.isatty()
    with concurrent.futures.ThreadPoolExecutor(options.concurrency) as pool:
        for round_number in range(options.runs):
            if options.idle_seconds and (round_number or options.url):
                time.sleep(options.idle_seconds)
            if shows:
                print(f"\rround {round_number + 1}/{options.runs}", end="", file=sys.stderr)
            first = round_number * options.concurrency
            numbers = range(first + 1, first + options.concurrency + 1)
            results += pool.map(lambda number: one_run(number, options), numbers)
    if shows:
        print("\r", end="", file=sys.stderr)
    failed = [result for result in results if result["error"]]
    rows = summaries(results)
    if options.json:
        json.dump({"summary": rows, "runs": results}, sys.stdout, indent=2)
        print()
    elif options.csv:
        write_csv(results, sys.stdout)
    else:
        if rows:
            print(table(rows))
            print()
            totals = [r["times"]["total"] for r in results if not r["error"]]
            print(histogram(totals))
        print(f"\n{len(results) - len(failed)} of {len(results)} runs answered")
        for result in failed[:5]:
            print(f"  run {result['run']}: {result['error']}")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
