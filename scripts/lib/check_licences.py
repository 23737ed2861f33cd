#!/usr/bin/env python3
"""Says what is wrong with a folder of licences: a part without a text, a package without a purl or
a version, a file without a hash, or what the SPDX project's own validator finds, where it is here.

usage: check_licences.py FOLDER
"""
import json
import pathlib
import sys


def problems(folder: pathlib.Path) -> list[str]:
    found = []
    table = json.loads((folder / "table.json").read_text())["parts"]
    for part in table:
        text = folder / part["text"]
        if not text.exists() or text.stat().st_size < 200:
            found.append(f"{part['name']} has no text")
        if not part["version"] or not part["licence"]:
            found.append(f"{part['name']} has no version or licence")
    sources = (folder / "SOURCES.txt").read_text()
    if not all(word in sources for word in ("FFmpeg", "LAME", "relink", "offer")):
        found.append("SOURCES.txt does not offer the sources of LGPL parts")
    if "Patents" not in (folder / "openh264.txt").read_text():
        found.append("openh264 has no note on patents")
    bill = folder / "sbom.spdx.json"
    document = json.loads(bill.read_text())
    names = {package["name"] for package in document["packages"]}
    found += [f"{part['name']} is not in the SBOM" for part in table if part["name"] not in names]
    for package in document["packages"]:
        references = [entry["referenceType"] for entry in package.get("externalRefs", [])]
        if package["name"] != "avatar-backend" and references != ["purl"]:
            found.append(f"{package['name']} has no purl")
        if not package["versionInfo"]:
            found.append(f"{package['name']} has no version")
    for file in document["files"]:
        if {entry["algorithm"] for entry in file["checksums"]} != {"SHA1", "SHA256"}:
            found.append(f"{file['fileName']} lacks a hash")
    return found + validated(bill)


def validated(bill: pathlib.Path) -> list[str]:
    """What spdx-tools finds; the black-box checks have it, a machine that only builds need not."""
    try:
        from spdx_tools.spdx.parser.parse_anything import parse_file
        from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    except ImportError:
        return []
    messages = validate_full_spdx_document(parse_file(str(bill)))
    return [message.validation_message for message in messages]


def main() -> None:
    found = problems(pathlib.Path(sys.argv[1]))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
