"""What the checks read of documents."""

from collections.abc import Iterator


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Mark, heading and content of each fenced block, in order."""
    heading = ""
    mark: str | None = None
    lines: list[str] = []
    for line in text.splitlines():
        if mark is None and line.startswith("#"):
            heading = line.lstrip("# ")
        elif mark is None and line.startswith("```"):
            mark, lines = line[3:].strip(), []
        elif mark is not None and line == "```":
            yield mark, heading, "\n".join(lines) + "\n"
            mark = None
        elif mark is not None:
            lines.append(line)
