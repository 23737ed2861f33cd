"""Requests to the server under test."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping

BOUNDARY = "boundary-of-a-script"


def multipart(**fields: bytes | str | int) -> tuple[bytes, dict[str, str]]:
    """A form's body and its header fields. Bytes are a file; anything else is a text."""
    body = b""
    for name, value in fields.items():
        is_file = isinstance(value, bytes)
        data = value if isinstance(value, bytes) else str(value).encode()
        note = '; filename="file"' if is_file else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{note}\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return body + f"--{BOUNDARY}--\r\n".encode(), {"Content-Type": content_type}


def ask(
    url: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str | None = None,
    timeout: float = 120,
) -> tuple[int, bytes]:
    """Status and body of the answer; POST where there is a body and no other method is named."""
    data = body.encode() if isinstance(body, str) else body
    # urllib would call any body a form of fields.
    fields = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, fields, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.read()


def ask_or_name_error(
    port: int,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = 120,
) -> tuple[int | str, bytes]:
    """As `ask`, over a connection of its own. An answer that comes before the body was read whole
    counts; where there is none, the error's name takes the status' place."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        try:
            link.request(method, path, body, dict(headers or {}))
        except OSError:
            if link.sock is None:
                raise
        answer = link.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__, b""
    finally:
        link.close()
