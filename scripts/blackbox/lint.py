"""What tools can check of the sources: format, scripts, patches, Dockerfile, both templates.

usage: lint.py BASE_URL     the server is not asked

.swift-format, .ruff.toml and .mypy.ini at the top say what is held against Swift and Python.

The Lambda template is transformed as SAM does it, then held against CloudFormation's schemas; the
Cloud Run service against the types of Google's own description of its API (run.v1).
"""

import importlib.resources
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

from avatar_tools import ROOT
from avatar_tools.checks import check, finish

TOOLS = pathlib.Path(sys.executable).parent
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"


def tool(name, *arguments):
    """A program of the checks' environment, or else of the machine."""
    own = TOOLS / name
    done = subprocess.run(
        [own if own.exists() else name, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, (done.stdout + done.stderr).strip()


def files_of_ours(folder, pattern):
    """Not what a benchmark's peer was built from."""
    for path in sorted(folder.rglob(pattern)):
        if path.is_file() and ".build" not in path.parts:
            yield path


def shell_scripts():
    for folder in (ROOT / "scripts", ROOT / ".ci"):
        for path in files_of_ours(folder, "*"):
            with path.open("rb") as file:
                start = file.read(40)
            if start.startswith(b"#!/bin/bash") or path.suffix == ".sh":
                yield str(path.relative_to(ROOT))


def lint_scripts():
    scripts = list(shell_scripts())
    check("the shell scripts are found", len(scripts) > 7, scripts)
    # SC2266 takes scripts/test for test(1).
    status, words = tool("shellcheck", "--external-sources", "--exclude=SC2266", *scripts)
    check(f"shellcheck finds nothing in {len(scripts)} scripts", status == 0, words)
    status, words = tool("hadolint", "Dockerfile")
    check("hadolint finds nothing in the Dockerfile", status == 0, words)


def lint_python():
    files = [str(path.relative_to(ROOT)) for path in files_of_ours(ROOT / "scripts", "*.py")]
    status, words = tool("ruff", "check", "--quiet", *files)
    check(f"ruff finds nothing in {len(files)} Python files", status == 0, words)
    status, words = tool("mypy", "--config-file", ".mypy.ini", *files)
    check("mypy finds nothing in them", status == 0, words)


def lint_swift():
    status, words = tool(
        "swift", "format", "lint", "--strict", "--parallel", "--recursive", "Sources", "Tests",
        "scripts", "Package.swift")
    check("swift-format finds nothing", status == 0, words)


def lint_patches():
    """Each patch says what it is for, which test covers it and what it gains."""
    tests = "".join(path.read_text() for path in (ROOT / "Tests").rglob("*.swift"))
    patches = sorted((ROOT / "scripts/native/patches").rglob("*.patch"))
    check("there are patches, numbered without a gap", patches and [
        int(path.name[:4]) for path in patches] == list(range(1, len(patches) + 1)), patches)
    for path in patches:
        head = path.read_text().split("\ndiff --git ")[0]
        says = all(f"\n{word}: " in head for word in ("Purpose", "Test", "Gain"))
        named = re.findall(r'"([^"]+)"', head)
        scripts = re.findall(r"scripts/[a-z_/]+(?:\.py)?", head)
        missing = [name for name in named if f'"{name}"' not in tests]
        missing += [script for script in scripts if not (ROOT / script).exists()]
        check(f"{path.name} names its purpose, test and gain", says and not missing, missing)


def lint_template():
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    made = Translator({}, Parser()).translate(yaml_parse((ROOT / "template.yaml").read_text()), {})
    kinds = {resource["Type"] for resource in made["Resources"].values()}
    wanted = {"AWS::Lambda::Function", "AWS::Lambda::Url", "AWS::IAM::Role", "AWS::Logs::LogGroup"}
    check("SAM makes a function, its URL, role and log of the template", wanted <= kinds, kinds)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(made, file, default=str)
        file.flush()
        status, words = tool("cfn-lint", file.name)
    check("cfn-lint finds nothing in what SAM makes", status == 0, words)


class Description:
    """Holds values against the schemas of one of Google's API descriptions, strictly: a property
    that the API does not know is wrong, as it is for `gcloud run services replace`."""

    plain = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}

    def __init__(self, name):
        documents = importlib.resources.files("googleapiclient") / "discovery_cache" / "documents"
        self.schemas = json.loads((documents / f"{name}.json").read_text())["schemas"]

    def faults(self, value, schema, path=""):
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            if not isinstance(value, dict):
                return [f"{path} is no object"]
            found = []
            for key, inner in value.items():
                inner_schema = schema.get("properties", {}).get(
                    key, schema.get("additionalProperties"))
                where = f"{path}.{key}"
                found += (
                    [f"{where} is not known"] if inner_schema is None
                    else self.faults(inner, inner_schema, where))
            return found
        if kind == "array":
            if not isinstance(value, list):
                return [f"{path} is no list"]
            return [
                fault for index, inner in enumerate(value)
                for fault in self.faults(inner, schema["items"], f"{path}[{index}]")]
        wanted = self.plain.get(kind, object)
        isRight = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not isRight:
            return [f"{path} is {value!r}, no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{path} is {value!r}, none of {schema['enum']}"]
        return []


def lint_cloud_run():
    service = yaml.safe_load((ROOT / "cloudrun.yaml").read_text())
    description = Description("run.v1")
    found = description.faults(service, {"$ref": "Service"})
    check("cloudrun.yaml is a Service as Cloud Run's API describes it", not found, found)
    check(
        "its kind is Knative's",
        (service["apiVersion"], service["kind"]) == ("serving.knative.dev/v1", "Service"))
    notes = {
        **service["metadata"].get("annotations", {}),
        **service["spec"]["template"]["metadata"].get("annotations", {})}
    check(
        "annotations are texts, as Kubernetes wants them",
        all(isinstance(value, str) for value in notes.values()), notes)
    # The checker itself: each of these is wrong in one place.
    for what, spoil in {
        "an unknown field": lambda spec: spec.update(timeoutSecond=1),
        "a number as text": lambda spec: spec.update(timeoutSeconds="900"),
        "a list that is none": lambda spec: spec.update(containers={}),
    }.items():
        spoilt = json.loads(json.dumps(service))
        spoil(spoilt["spec"]["template"]["spec"])
        check(
            f"{what} would be found",
            len(description.faults(spoilt, {"$ref": "Service"})) == 1)


lint_scripts()
lint_python()
lint_swift()
lint_patches()
lint_template()
lint_cloud_run()
finish()
