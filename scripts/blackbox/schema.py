"""Tries /openapi.json and the server against each other with schemathesis: all checks, all phases.

usage: schema.py BASE_URL

schemathesis.toml and schema_hooks.py beside this say what the tool must be told, and why. The same
seed makes the same requests, as many on a slow machine as on a fast one. SCHEMA_SEED (1) makes it
try others; with SCHEMA_SECONDS it goes on for so long.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from avatar_tools.checks import check, finish

here = pathlib.Path(__file__).resolve().parent


def main():
    seconds = os.environ.get("SCHEMA_SECONDS")
    bound = ["--max-time", seconds] if seconds else ["--max-examples", "25"]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "schema_hooks",
        "PYTHONPATH": f"{here}:{here.parent}",
    }
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", here / "schemathesis.toml",
             "run", "--checks", "all", *bound,
             "--seed", os.environ.get("SCHEMA_SEED", "1"), "--no-color",
             "--report-json-path", report, sys.argv[1] + "/openapi.json"],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=float(seconds or 120) + 120)
        told = json.loads(report.read_text()) if report.exists() else {}
    operations = told.get("operations", {})
    for phase in ["examples", "coverage", "fuzzing", "stateful"]:
        status = told.get("phases", {}).get(phase, {}).get("status")
        check(f"schemathesis finds nothing in phase {phase}", status == "success", status)
    check("every operation is tried, with thousands of requests",
          operations.get("tested") == operations.get("total") and operations.get("total", 0) > 15
          and told.get("test_cases", {}).get("generated", 0) > 1_000,
          (operations, told.get("test_cases")))
    check("no failure and no error is reported", run.returncode == 0 and not told.get("failures")
          and not told.get("errors"), run.returncode)
    if run.returncode != 0:
        # Real media would fill the screen; the seed makes the same requests again.
        lines = [line[:400] for line in run.stdout.splitlines() if line.strip()]
        start = next((i for i, line in enumerate(lines) if " FAILURES " in line), 0)
        print("\n".join(lines[start:start + 200]), run.stderr[-2_000:])
    finish()


main()
