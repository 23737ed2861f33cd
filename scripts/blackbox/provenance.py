"""Content Credentials, judged by the Content Authenticity Initiative's own reader: what is signed
holds and says what it must, a byte that is another is found, players still play it, and hostile
files cost nobody else anything. With a chain of certificates that is made here.

usage: provenance.py BASE_URL     the server is asked without a certificate; AVATAR_PROGRAM with one
"""

import io
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import c2pa

from avatar_tools import PORTRAIT, client
from avatar_tools.checks import check, finish, serving
from avatar_tools.process import resident_mib

TEXT = "Hello there."
LONG = "This is the first sentence. Here is another one, and then a third one comes."
TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
program = os.environ["AVATAR_PROGRAM"]


def make_chain(folder):
    """A root and a signer as C2PA wants them; gives the chain's, the key's and the root's paths."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "extensions").write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\n"
        "authorityKeyIdentifier=keyid\n")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "root.key")
    openssl("req", "-x509", "-new", "-key", "root.key", "-days", "30", "-subj", "/CN=Root/O=Checks",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", "root.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", "signer.key")
    openssl("req", "-new", "-key", "signer.key", "-subj", "/CN=Signer/O=Checks",
            "-out", "signer.csr")
    openssl("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-CAcreateserial", "-days", "20", "-extfile", "extensions", "-out", "signer.pem")
    chain = folder / "chain.pem"
    chain.write_text((folder / "signer.pem").read_text() + (folder / "root.pem").read_text())
    return chain, folder / "signer.key", folder / "root.pem"


def judged(kind, data):
    """What the wheel's reader says: state, actions, problems; None where there is nothing."""
    try:
        with c2pa.Reader(kind, io.BytesIO(data)) as reader:
            told = json.loads(reader.json())
    except c2pa.C2paError as error:
        return None if "ManifestNotFound" in str(error) else {"state": str(error), "actions": []}
    manifest = told["manifests"][told["active_manifest"]]
    actions = [
        action for assertion in manifest["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]]
    return {
        "state": told["validation_state"], "actions": actions, "manifest": manifest,
        "problems": [entry["code"] for entry in told.get("validation_status", [])
                     if entry["code"] != "signingCredential.untrusted"]}


def speak(url, **order):
    return client.ask(url + "/speak", json.dumps(order))


def animate(url, **order):
    return client.ask(url + "/animate", *client.multipart(image=PORTRAIT.read_bytes(), **order))


def verify(url, data, **headers):
    status, body = client.ask(
        url + "/verify", data, {"Content-Type": "application/octet-stream", **headers})
    return status, json.loads(body)


def plays(data, ending):
    with tempfile.NamedTemporaryFile(suffix=ending) as file:
        file.write(data)
        file.flush()
        done = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", file.name, "-f", "null", "-"], capture_output=True,
            text=True, check=False)
    return done.returncode == 0 and not done.stderr, done.stderr[:200]


def try_signed(plain, url):
    """Every format that bears them, on a server that signs, beside one that does not."""
    kinds = [
        ("wav", "audio/wav", TRAINED, lambda at: speak(at, text=TEXT)),
        ("mp3", "audio/mpeg", TRAINED, lambda at: speak(at, text=TEXT, response_format="mp3")),
        ("flac", "audio/flac", TRAINED, lambda at: speak(at, text=TEXT, response_format="flac")),
        ("mp4", "video/mp4", COMPOSITE, lambda at: animate(at, text=TEXT)),
        ("gif", "image/gif", COMPOSITE,
         lambda at: animate(at, text=TEXT, response_format="gif", size=256)),
    ]
    generator = random.Random(19)
    for name, kind, source, make in kinds:
        (_, bare), (status, signed) = make(plain), make(url)
        told = judged(kind, signed)
        check(f"a signed {name} holds for another's reader",
              status == 200 and told and told["state"] in ("Valid", "Trusted")
              and not told["problems"], (status, told, signed[:200]))
        if not told or not told["actions"]:
            continue
        action = told["actions"][0]
        check(f"{name}: created, {source}, by engine and model",
              len(told["actions"]) == 1 and action["action"] == "c2pa.created"
              and action["digitalSourceType"].endswith("/" + source)
              and "hibari" in action["parameters"]["com.avatar-backend.models"], told["actions"])
        check(f"{name}: no thumbnail, no text of the speech",
              "thumbnail" not in told["manifest"] and "Hello" not in json.dumps(told))
        check(f"{name}: {len(signed) - len(bare)} bytes more", 0 < len(signed) - len(bare) < 8_192)
        check(f"{name}: without a certificate nothing is signed", judged(kind, bare) is None)
        check(f"{name}: says {source} in its metadata too",
              b"digitalsourcetype/" + source.encode() in bare)
        check(f"{name} plays", *plays(signed, "." + name))
        # Of the content, not of what a format leaves out of the hash.
        places = [generator.randrange(len(signed) // 2, len(signed)) for _ in range(4)]
        for place in places:
            changed = bytearray(signed)
            changed[place] ^= 1 << generator.randrange(8)
            there, here = judged(kind, bytes(changed)), verify(url, bytes(changed))[1]
            state = here["content_credentials"]["state"]
            check(f"{name}: a flipped bit at {place * 100 // len(signed)} % is found by both",
                  (not there or there["state"] not in ("Valid", "Trusted"))
                  and state in ("invalid", "none"), (place, there and there["state"], state))
        status, here = verify(url, signed)
        found = here["content_credentials"]
        check(f"{name}: /verify says that it holds, and by whom",
              status == 200 and found["state"] == "trusted"
              and found["signer"]["name"] == "Signer" and not found["problems"]
              and found["actions"][0]["digital_source_type"] == source, here)
        check(f"{name}: /verify tells marks where nothing is signed",
              verify(url, bare)[1] == {
                  "marks": {"digital_source_type": source, "made_by_avatar_backend": True},
                  "content_credentials": verify(url, bare)[1]["content_credentials"]}
              and verify(url, bare)[1]["content_credentials"]["state"] == "none",
              verify(url, bare)[1])


def headers_of(url, path, body, fields):
    import urllib.request
    request = urllib.request.Request(url + path, body, fields)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers, answer.read()


def try_streams(url):
    headers, data = headers_of(
        url, "/speak", json.dumps({"text": LONG}).encode(), {"Content-Type": "application/json"})
    check("a stream is not signed and says so",
          judged("audio/wav", data) is None
          and "stream bears no Content Credentials" in (headers["Warning"] or ""),
          headers["Warning"])
    headers, data = headers_of(
        url, "/speak", json.dumps({"text": TEXT, "response_format": "opus"}).encode(),
        {"Content-Type": "application/json"})
    check("a format without room says so", "format bears no" in (headers["Warning"] or ""))
    headers, _ = headers_of(
        url, "/speak", json.dumps({"text": LONG}).encode(),
        {"Content-Type": "application/json", "Prefer": "respond-async"})
    for _ in range(200):
        status, data = client.ask(url + headers["Location"] + "/result")
        if status == 200:
            break
        time.sleep(0.05)
    told = judged("audio/wav", data)
    check("a job's result is signed whole", told and told["state"] == "Valid", told)


def try_hostile(url, process):
    """Nothing of them crashes, hangs or grows the server."""
    _, signed = speak(url, text=TEXT)
    _, movie = animate(url, text=TEXT, size=256)
    before = resident_mib(process.pid)
    generator = random.Random(7)
    files = [
        b"\0", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEC2PA\xff\xff\xff\xff",
        b"\0\0\0\x18ftypisom" + bytes(12) + b"\x7f\xff\xff\xffuuid" + bytes(64),
        b"ID3\x03\0\0\x7f\x7f\x7f\x7fGEOB\x7f\xff\xff\xff" + bytes(64), b"GIF89a" + b"\xff" * 999,
        b"\x89PNG\r\n\x1a\n" + b"\x7f\xff\xff\xffcaBX" + bytes(99), b"fLaC" + b"\xff" * 99,
        b"%PDF-1.7\n" + bytes(999), b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"x" * 99,
        b"PK\x03\x04" + bytes(999), signed[:2_000], movie[:5_000], movie[:-5_000],
        b"RIFF\x00\x00\x00\x02WAVE" + bytes(8 << 20), os.urandom(1 << 20),
    ]
    for data in (signed, movie):
        for _ in range(20):
            spoiled = bytearray(data)
            for _ in range(generator.choice([1, 8, 64])):
                spoiled[generator.randrange(min(len(spoiled), 12_000))] = generator.randrange(256)
            files.append(bytes(spoiled))
    wrong = []
    for number, data in enumerate(files):
        began = time.monotonic()
        status, told = verify(url, data)
        state = told.get("content_credentials", {}).get("state")
        if status != 200 or time.monotonic() - began > 10 or state not in ("none", "invalid",
                                                                         "trusted"):
            wrong.append((number, status, told))
    check(f"{len(files)} hostile files are each answered", not wrong, wrong[:3])
    check("the server still serves", client.ask(url + "/healthz")[0] == 200)
    grown = resident_mib(process.pid) - before
    check(f"it has grown by {grown:.0f} MiB at most 24", grown < 24)
    status, body = client.ask(url + "/verify", bytes(33 << 20),
                              {"Content-Type": "application/octet-stream"})
    check("a file over the limit is 413", status == 413, body[:200])
    status, body = client.ask(url + "/verify", b"", {"Content-Type": "audio/wav"})
    check("no file is 400", status == 400, body[:200])


def try_command(signed, folder):
    def run(*arguments, **variables):
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False,
            env=os.environ | variables, timeout=60)
        return done.returncode, done.stdout, done.stderr

    whole, changed = folder / "whole.wav", folder / "changed.wav"
    whole.write_bytes(signed)
    changed.write_bytes(signed[:-9] + bytes([signed[-9] ^ 1]) + signed[-8:])
    status, told, _ = run("verify", whole)
    check("verify: a signed file ends with 0", status == 0 and told.startswith("valid:"), told)
    status, told, _ = run("verify", whole, AVATAR_C2PA_TRUST=str(folder / "root.pem"))
    check("verify: trusted where the root is", status == 0 and told.startswith("trusted:"), told)
    status, told, _ = run("verify", changed)
    check("verify: a changed one with 65", status == 65 and told.startswith("invalid:"), told)
    status, told, _ = run("verify", "--json", whole)
    check("verify: --json", json.loads(told)["content_credentials"]["state"] == "valid", told)
    missing = {"AVATAR_C2PA_CERT": str(folder / "chain.pem")}
    status, _, words = run("speak", "Hi.", "-o", folder / "x.wav", **missing)
    check("a certificate without a key is 78", status == 78 and "AVATAR_C2PA_KEY" in words, words)
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", folder / "other.key"], check=True,
                   capture_output=True)
    wrong = missing | {"AVATAR_C2PA_KEY": str(folder / "other.key")}
    status, _, words = run("speak", "Hi.", "-o", folder / "x.wav", **wrong)
    check("another's key is found before any work",
          status == 78 and not (folder / "x.wav").exists(), (status, words))
    right = missing | {"AVATAR_C2PA_KEY": (folder / "signer.key").read_text()}
    status, _, words = run("speak", LONG, "-o", folder / "long.mp3", **right)
    told = judged("audio/mpeg", (folder / "long.mp3").read_bytes())
    check("the command line signs too, with a key that is a variable's text",
          status == 0 and told and told["state"] == "Valid", (status, words, told))


def measure(url):
    """What signing costs a short speech, as Server-Timing has it."""
    costs = []
    for _ in range(15):
        headers, _ = headers_of(url, "/speak", json.dumps({"text": TEXT}).encode(),
                                {"Content-Type": "application/json"})
        stages = dict(
            part.strip().split(";dur=") for part in headers["Server-Timing"].split(","))
        costs.append(float(stages["sign"]))
    check(f"signing a short speech takes {statistics.median(costs):.1f} ms", costs)


def main():
    plain = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        chain, key, root = make_chain(folder)
        variables = {"AVATAR_C2PA_CERT": str(chain), "AVATAR_C2PA_KEY": str(key),
                     "AVATAR_C2PA_TRUST": str(root), "AVATAR_JOBS": "10"}
        with serving(**variables) as (port, process):
            url = f"http://127.0.0.1:{port}"
            try_signed(plain, url)
            try_streams(url)
            measure(url)
            try_hostile(url, process)
            try_command(speak(url, text=TEXT)[1], folder)
        with serving(**variables, AVATAR_C2PA_HOLD="1") as (port, _):
            status, data = speak(f"http://127.0.0.1:{port}", text=LONG)
            told = judged("audio/wav", data)
            check("a server that holds streams back signs them",
                  status == 200 and told and told["state"] == "Valid", told)
            status, data = animate(f"http://127.0.0.1:{port}", text=LONG, stream="true", size=256)
            told = judged("video/mp4", data)
            check("and videos", status == 200 and told and told["state"] == "Valid", told)
        check("nothing is left behind", not any(
            path.name.startswith("c2pa") for path in pathlib.Path(tempfile.gettempdir()).iterdir()
            if path.is_file()))
    finish()


if shutil.which("ffmpeg") is None:
    sys.exit("ffmpeg is missing")
main()
