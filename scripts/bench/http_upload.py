"""25 MB uploads that are refused once read (they are no sound), direct and through nginx.

usage: http_upload.py OUR_PORT NGINX_PORT
"""
import http.client
import statistics
import sys
import time

BODY = bytes(25 << 20)


def upload(port):
    peer = http.client.HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    peer.request("POST", "/transcribe", BODY, {"Content-Type": "audio/wav"})
    answer = peer.getresponse()
    answer.read()
    assert answer.status == 415, answer.status
    return 25 / (time.perf_counter() - start)


rates: dict[str, list[float]] = {port: [] for port in sys.argv[1:3]}
for _ in range(7):
    for port, measured in rates.items():
        measured.append(upload(int(port)))
ours, proxied = (statistics.median(rates[port]) for port in sys.argv[1:3])
print(
    f"25 MB upload: {ours:.0f} MB/s, through nginx {proxied:.0f} MB/s, ratio {ours / proxied:.2f}"
)
