"""What is deployed, as far as it can be looked at without a registry or a cluster: the image's
files as they are laid out (twice the same), licences and SBOM by the SPDX project's own validator,
the labels, and README's Kubernetes objects against Kubernetes' own schemas.

usage: deploy.py BASE_URL     the server is not asked; AVATAR_PROGRAM is what an image would hold
"""

import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

from avatar_tools import ROOT
from avatar_tools.checks import check, finish
from avatar_tools.markdown import blocks

program = os.environ["AVATAR_PROGRAM"]
KUBERNETES = ("1.29", "1.33")


def lay_out(folder):
    done = [
        subprocess.run(
            [ROOT / "scripts/lib/image_tree", part, folder], cwd=ROOT, capture_output=True,
            text=True, check=False, env=os.environ | {"PROGRAM": program})
        for part in ("libraries", "program")]
    check("the image's files are laid out", all(run.returncode == 0 for run in done),
          [run.stderr[-300:] for run in done])


def digests(folder):
    """Of each layer, as its archive would be."""
    found = {}
    for layer in ("system", "app/lib", "app/models", "app/bin", "licences/slim", "licences/base"):
        archive = subprocess.run(
            ["tar", "-C", folder / layer, "--sort=name", "--numeric-owner", "-cf", "-", "."],
            capture_output=True, check=True).stdout
        found[layer] = hashlib.sha256(archive).hexdigest()
    return found


def try_tree():
    with tempfile.TemporaryDirectory(dir=ROOT / ".build") as name:
        first, second = pathlib.Path(name) / "first", pathlib.Path(name) / "second"
        lay_out(first)
        lay_out(second)
        check("two layouts have the same layers", digests(first) == digests(second))
        for target in ("slim", "base"):
            lists = first / "licences" / target
            done = subprocess.run(
                [sys.executable, ROOT / "scripts/lib/check_licences.py", lists],
                capture_output=True, text=True, check=False)
            check(f"{target}: licences and SBOM are whole", done.returncode == 0, done.stdout)
            bill = json.loads((lists / "sbom.spdx.json").read_text())
            listed = {file["fileName"] for file in bill["files"]}
            there = {
                "./" + str(path.relative_to(first)).removeprefix("system/")
                for folder in ("app", "system") for path in (first / folder).rglob("*")
                if path.is_file() and (target == "slim" or "models" not in path.parts)}
            check(f"{target}: every file is in the SBOM", listed == there, listed ^ there)
        table = json.loads((first / "licences/base/table.json").read_text())["parts"]
        check("the image without models lists none",
              not any(part["kind"] == "model" for part in table))
        spoil_licences(first / "licences" / "slim")


def spoil_licences(lists):
    """The checker itself."""
    sys.path.insert(0, str(ROOT / "scripts/lib"))
    import check_licences
    bill = lists / "sbom.spdx.json"
    whole = bill.read_text()
    for what, change in {
        "a package without a purl": lambda told: told["packages"][1].pop("externalRefs"),
        "a file without a hash": lambda told: told["files"][0]["checksums"].pop(),
        "a relation to nothing": lambda told: told["relationships"].append(
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
             "relatedSpdxElement": "SPDXRef-none"}),
    }.items():
        told = json.loads(whole)
        change(told)
        bill.write_text(json.dumps(told))
        check(f"{what} would be found", check_licences.problems(lists))
    bill.write_text(whole)
    (lists / "ffmpeg.txt").write_text("")
    check("a text that is missing would be found", check_licences.problems(lists))


def try_command():
    done = subprocess.run([program, "licences"], capture_output=True, text=True, check=False)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    names = {line[0] for line in lines}
    check("licences lists parts, versions and licences",
          done.returncode == 0 and all(len(line) == 4 and all(line) for line in lines)
          and {"ffmpeg", "lame", "openh264", "onnxruntime", "hibari", "swift"} <= names, lines)
    for name, words in (("openh264", "Patents"), ("SOURCES", "LGPL"), ("ffmpeg", "LESSER")):
        shown = subprocess.run(
            [program, "licences", name], capture_output=True, text=True, check=False)
        check(f"licences {name} shows its text", words in shown.stdout, shown.stderr)
    wrong = subprocess.run(
        [program, "licences", "../models/manifest"], capture_output=True, text=True, check=False)
    check("another name is 64", wrong.returncode == 64, wrong.stderr)


def try_labels():
    text = (ROOT / "Dockerfile").read_text()
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", text))
    check("the image bears OCI's labels",
          {"source", "revision", "version", "licenses", "created", "title"} <= labels, labels)
    check("and the one that lets Lambda keep snapshots",
          'com.amazonaws.lambda.feature.snapstart="Allow"' in text)


def try_kubernetes():
    found = [text for mark, _, text in blocks((ROOT / "README.md").read_text()) if mark == "yaml"]
    objects = [entry for text in found for entry in yaml.safe_load_all(io.StringIO(text))]
    kinds = {entry["kind"]: entry for entry in objects}
    check("README has a Deployment, a Service and an autoscaler",
          set(kinds) == {"Deployment", "Service", "HorizontalPodAutoscaler"}, set(kinds))
    for version in KUBERNETES:
        for kind, entry in kinds.items():
            try:
                kubernetes_validate.validate(entry, version, strict=True)
                fault = ""
            except Exception as error:
                fault = str(error)
            check(f"the {kind} is as Kubernetes {version} has it", not fault, fault[:300])
    spoilt = json.loads(json.dumps(kinds["Deployment"]))
    spoilt["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    try:
        kubernetes_validate.validate(spoilt, KUBERNETES[0], strict=True)
        check("an unknown field would be found", False)
    except Exception:
        check("an unknown field would be found", True)
    service = yaml.safe_load((ROOT / "cloudrun.yaml").read_text())
    ours = kinds["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    theirs = service["spec"]["template"]["spec"]["containers"][0]
    check("it says what cloudrun.yaml says: image, limits, probes of start and life",
          ours["image"] == theirs["image"] and ours["ports"] == theirs["ports"]
          and ours["resources"]["limits"] == theirs["resources"]["limits"]
          and all(
              {**ours[probe], "httpGet": None} == {**theirs[probe], "httpGet": None}
              and ours[probe]["httpGet"]["path"] == theirs[probe]["httpGet"]["path"]
              for probe in ("startupProbe", "livenessProbe")), (ours, theirs))
    scaler = kinds["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
    check("the autoscaler's metric is one of ours", f"`{scaler}`" in (
        ROOT / "README.md").read_text(), scaler)


try_tree()
try_command()
try_labels()
try_kubernetes()
finish()
