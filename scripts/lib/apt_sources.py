#!/usr/bin/env python3
"""Prints an apt source list (deb822) made from the machine's own, for another suite or for sources.

usage: apt_sources.py SUITE deb|deb-src        SUITE "-" keeps the machine's own suites
Security archives are left out when the suite changes: they have other paths.
"""
import glob
import pathlib
import re
import sys


def stanzas():
    """Yields (uris, suites, components, signed_by) of every enabled binary archive."""
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        for block in re.split(r"\n\s*\n", pathlib.Path(path).read_text()):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            fields = dict(re.split(r":\s*", line, maxsplit=1) for line in lines if ":" in line)
            if fields.get("Enabled", "yes") != "no" and "URIs" in fields:
                yield fields["URIs"], fields["Suites"], fields.get("Components", ""), fields.get(
                    "Signed-By", "")
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*.list"))]:
        try:
            text = pathlib.Path(path).read_text()
        except FileNotFoundError:
            continue
        for line in text.splitlines():
            found = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line.strip())
            if found:
                signed = re.search(r"signed-by=(\S+)", found[1] or "")
                yield found[2], found[3], found[4], signed[1] if signed else ""


def main():
    suite, kind = sys.argv[1:3]
    for uris, suites, components, signed in stanzas():
        if suite != "-" and "security" in uris + suites:
            continue
        print(f"Types: {kind}\nURIs: {uris}\nSuites: {suites if suite == '-' else suite}")
        print(f"Components: {components}")
        if signed:
            print(f"Signed-By: {signed}")
        print()
        if suite != "-":
            return


main()
