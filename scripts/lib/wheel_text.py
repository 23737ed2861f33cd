#!/usr/bin/env python3
"""Prints files of a wheel by how their paths end, such as LICENSE; fails where one is missing.

usage: wheel_text.py WHEEL ENDING …
"""
import sys
import zipfile


def main() -> None:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        for ending in sys.argv[2:]:
            # The wheel's own papers lie least deep.
            found = sorted(
                (name for name in wheel.namelist() if ("/" + name).endswith("/" + ending)),
                key=lambda name: (name.count("/"), name))
            if not found:
                sys.exit(f"{sys.argv[1]} has no {ending}")
            print(wheel.read(found[0]).decode("utf-8", "replace"))


if __name__ == "__main__":
    main()
