"""Fetching against a real server on this machine: cuts, lies, refusals, full disks, two at once, killed processes."""

from __future__ import annotations

import errno
import hashlib
import http.server
import io
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo.errors import CorruptCheckpointError, FetchError
from demo.models.checkpoints import download, homes, transfer
from demo.models.checkpoints.files import verify
from demo.models.checkpoints.download import Progress, fetch
from demo.schema import Weights

BODY = bytes(range(256)) * 4096
"""1 MiB."""
SHA256 = hashlib.sha256(BODY).hexdigest()
FILE = f"net-{SHA256[:8]}.pth"
WEIGHTS = Weights(FILE, SHA256)
PAGE = b"<!DOCTYPE html><html><body>This domain is for sale.</body></html>" * 50
ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """What it serves at a path, and what it was asked."""

    url: str = ""
    answers: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    ranges: list[str | None] = field(default_factory=list)
    if_ranges: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from running_server()


@pytest.fixture
def storage() -> Iterator[Server]:
    """Another host, as far as a client can tell."""
    yield from running_server()


def running_server() -> Iterator[Server]:
    told = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            told.ranges.append(self.headers.get("Range"))
            told.if_ranges.append(self.headers.get("If-Range"))
            self.close_connection = True
            told.answers.get(self.path, lambda handler: handler.send_error(404))(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        told.url = f"http://127.0.0.1:{running.server_address[1]}"
        running.handle_error = lambda *_: None  # a client that hangs up is part of the test
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield told
        running.shutdown()


def serving(
    body: bytes = BODY,
    *,
    cut_after: int | None = None,
    ranges: bool = True,
    pace: float = 0,
    etag: str = '"one"',
    headers: dict[str, str] | None = None,
) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    """An answer with the body, or with the rest of it; the connection may be cut after some bytes."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range") if ranges else None
        if handler.headers.get("If-Range") not in (None, etag):
            asked = None
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        if start >= len(body):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(body)}")
            handler.end_headers()
            return
        handler.send_response(206 if asked else 200)
        handler.send_header("ETag", etag)
        handler.send_header("Content-Length", str(len(body) - start))
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        rest = body[start : len(body) if cut_after is None else start + cut_after]
        for place in range(0, len(rest), 1 << 16):
            handler.wfile.write(rest[place : place + (1 << 16)])
            time.sleep(pace)

    return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


# ---- what works


def test_a_file_is_fetched_whole(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving()
    seen: list[Progress] = []
    assert fetch(WEIGHTS, into, [server.url], seen.append) == into / FILE
    assert (into / FILE).read_bytes() == BODY
    assert sorted(path.name for path in into.iterdir()) == [FILE]
    last = seen[-1]
    assert (last.file, last.source, last.received, last.total) == (FILE, server.url, len(BODY), len(BODY))
    assert seen[-1].rate > 0 or len(seen) == 1


def test_the_files_own_urls_are_tried_and_eight_digits_are_enough(server: Server, into: Path) -> None:
    server.answers["/deep/" + FILE] = serving()
    weights = Weights(FILE, SHA256[:8], (f"{server.url}/gone/{FILE}", f"{server.url}/deep/{FILE}"))
    assert fetch(weights, into).read_bytes() == BODY


def test_a_named_source_comes_before_the_files_own(server: Server, into: Path) -> None:
    server.answers["/mine.pth"] = serving()
    weights = Weights(FILE, SHA256, (f"{server.url}/other/{FILE}",))
    assert fetch(weights, into, [f"{server.url}/mine.pth"]).name == FILE
    assert len(server.ranges) == 1


def test_a_redirect_is_followed_from_a_server_that_hangs_up_without_saying_so(server: Server, into: Path) -> None:
    def redirect(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/storage")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        time.sleep(0.1)  # a second request on this connection is sent before the end of it is seen

    server.answers = {f"/{FILE}": redirect, "/storage": serving()}
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY


def test_a_redirect_to_a_signed_address_on_another_host_is_followed_again_after_a_cut(
    server: Server, storage: Server, into: Path
) -> None:
    """As GitHub serves the files of a release: each signature is good for one answer here."""
    signed: list[str] = []

    def sign(handler: http.server.BaseHTTPRequestHandler) -> None:
        signed.append(f"/storage?signature={len(signed)}")
        storage.answers = {signed[-1]: serving(cut_after=600_000)}
        handler.send_response(302)
        handler.send_header("Location", storage.url + signed[-1])
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/releases/own.pth"] = sign
    weights = Weights("own.pth", "", (f"{server.url}/releases/own.pth",))
    assert fetch(weights, into).read_bytes() == BODY
    assert len(signed) == 2
    assert storage.ranges == [None, "bytes=600000-"] and storage.if_ranges == [None, '"one"']


def test_a_folder_is_a_source(tmp_path: Path, into: Path) -> None:
    (tmp_path / "usb" / "paper").mkdir(parents=True)
    (tmp_path / "usb" / "paper" / FILE).write_bytes(BODY)
    seen: list[Progress] = []
    assert fetch(WEIGHTS, into, [str(tmp_path / "usb")], seen.append).read_bytes() == BODY
    assert seen[-1].received == len(BODY)
    (into / FILE).unlink()
    assert fetch(WEIGHTS, into, [str(tmp_path / "usb" / "paper" / FILE)]).read_bytes() == BODY


def test_a_wrong_file_in_a_folder_does_not_cost_what_was_there(server: Server, tmp_path: Path, into: Path) -> None:
    into.mkdir()
    (into / f"{FILE}.part").write_bytes(BODY[:700_000])
    (tmp_path / FILE).write_bytes(b"wrong")
    server.answers[f"/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, [str(tmp_path), server.url]).read_bytes() == BODY
    assert server.ranges == ["bytes=700000-"]


def test_a_hub_repository_is_a_source(server: Server, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/")
    server.answers[f"/someone/nets/resolve/main/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, ["someone/nets"]).read_bytes() == BODY


SEGFORMER = Weights("segformer_mit-b4_512x512_160k_ade20k_20210728_183055-7f509d7d.pth", "7f509d7d")
NVIDIA = "nvidia/segformer-b4-finetuned-ade-512-512"


def test_nvidias_repository_delivers_a_stand_in(server: Server, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hash is not known here; the Hub states it."""
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    path = f"/{NVIDIA}/resolve/main/pytorch_model.bin"
    server.answers[path] = serving(headers={"X-Linked-ETag": f'"{SHA256}"'})
    assert fetch(SEGFORMER, into, [NVIDIA]) == into / "segformer-b4-finetuned-ade-512-512.bin"
    server.answers[path] = serving(headers={"X-Linked-ETag": f'"{SHA256[::-1]}"'})
    (into / "segformer-b4-finetuned-ade-512-512.bin").unlink()
    with pytest.raises(FetchError, match=f"other bytes: their SHA-256 begins {SHA256[:8]}, wanted {SHA256[::-1][:8]}"):
        fetch(SEGFORMER, into, [NVIDIA])


def test_a_folder_with_a_stand_in_is_a_source(tmp_path: Path, into: Path) -> None:
    folder = tmp_path / "hub" / NVIDIA.partition("/")[2]
    folder.mkdir(parents=True)
    (folder / "pytorch_model.bin").write_bytes(BODY)
    assert fetch(SEGFORMER, into, [str(tmp_path / "hub")]) == into / "segformer-b4-finetuned-ade-512-512.bin"


def test_what_is_there_and_right_is_not_fetched_again(server: Server, into: Path) -> None:
    into.mkdir()
    (into / FILE).write_bytes(BODY)
    assert fetch(WEIGHTS, into, [server.url]) == into / FILE
    assert server.ranges == []


def test_what_is_there_and_wrong_is_replaced(server: Server, into: Path) -> None:
    into.mkdir()
    (into / FILE).write_bytes(b"damaged")
    server.answers[f"/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY


# ---- cuts


def test_a_cut_connection_is_resumed(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving(cut_after=300_000)
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert server.if_ranges == [None, '"one"', '"one"', '"one"']


def test_a_server_that_ignores_range_delivers_from_the_start(server: Server, into: Path) -> None:
    cuts = iter([300_000, None])
    server.answers[f"/{FILE}"] = lambda handler: serving(ranges=False, cut_after=next(cuts))(handler)
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges == [None, "bytes=300000-"]


def test_a_file_that_changes_between_two_attempts_is_fetched_anew(server: Server, into: Path) -> None:
    answers = iter([serving(b"x" * len(BODY), cut_after=300_000), serving(etag='"two"')])
    server.answers[f"/{FILE}"] = lambda handler: next(answers)(handler)
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY


def test_a_server_that_answers_with_another_part_is_not_believed(server: Server, into: Path) -> None:
    def lying(handler: http.server.BaseHTTPRequestHandler) -> None:
        if not handler.headers.get("Range"):
            return serving()(handler)
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{len(BODY) - 1}/{len(BODY)}")
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        handler.wfile.write(BODY)
        return None

    into.mkdir()
    (into / f"{FILE}.part").write_bytes(BODY[:1000])
    server.answers[f"/{FILE}"] = lying
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges == ["bytes=1000-", None]


def test_patience_ends_when_nothing_comes(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving(cut_after=0)
    with pytest.raises(FetchError, match="peer closed connection"):
        fetch(WEIGHTS, into, [server.url])
    assert len(server.ranges) == transfer.PATIENCE


def test_a_busy_server_is_asked_again(server: Server, into: Path) -> None:
    answers = iter([lambda handler: handler.send_error(503), serving()])
    server.answers[f"/{FILE}"] = lambda handler: next(answers)(handler)
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY


def test_an_earlier_part_is_gone_on_with(server: Server, into: Path) -> None:
    into.mkdir()
    (into / f"{FILE}.part").write_bytes(BODY[:700_000])
    server.answers[f"/{FILE}"] = serving()
    seen: list[Progress] = []
    assert fetch(WEIGHTS, into, [server.url], seen.append).read_bytes() == BODY
    assert server.ranges == ["bytes=700000-"]
    assert min(progress.received for progress in seen) > 700_000


def test_an_earlier_part_that_is_whole_needs_no_more_bytes(server: Server, into: Path) -> None:
    into.mkdir()
    (into / f"{FILE}.part").write_bytes(BODY)
    server.answers[f"/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert len(server.ranges) == 1


@pytest.mark.parametrize("length", [1000, len(BODY), len(BODY) + 5])
def test_an_earlier_part_of_something_else_is_thrown_away(server: Server, into: Path, length: int) -> None:
    into.mkdir()
    (into / f"{FILE}.part").write_bytes(b"x" * length)
    server.answers[f"/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges[-1] is None


def test_an_earlier_part_of_a_file_without_a_hash_is_thrown_away(server: Server, into: Path) -> None:
    into.mkdir()
    (into / "own.pth.part").write_bytes(b"x" * 1000)
    server.answers["/own.pth"] = serving()
    assert fetch(Weights("own.pth", ""), into, [server.url]).read_bytes() == BODY


def stopped_after_its_first_bytes(server: Server, into: Path, path: str = "/own.pth") -> Weights:
    """A file without a hash, of which an earlier process has left a part."""
    weights = Weights("own.pth", "", (server.url + path,))
    server.answers[path] = serving(cut_after=700_000)

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(weights, into, (), stop)
    assert 0 < (into / "own.pth.part").stat().st_size < len(BODY)
    server.ranges.clear()
    server.answers[path] = serving()
    return weights


def test_an_earlier_part_without_a_hash_is_gone_on_with_where_the_server_says_it_is_the_same(
    server: Server, into: Path
) -> None:
    weights = stopped_after_its_first_bytes(server, into)
    had = (into / "own.pth.part").stat().st_size
    assert fetch(weights, into).read_bytes() == BODY
    assert server.ranges == [f"bytes={had}-"] and server.if_ranges[-1] == '"one"'
    assert left_in(into) == {"own.pth", "own.pth.sha256"}


@pytest.mark.slow
def test_an_earlier_part_without_a_hash_is_thrown_away_where_the_file_has_changed_or_comes_from_elsewhere(
    server: Server, into: Path
) -> None:
    weights = stopped_after_its_first_bytes(server, into)
    changed = BODY[::-1]
    server.answers["/own.pth"] = serving(changed, etag='"two"')
    assert fetch(weights, into).read_bytes() == changed
    (into / "own.pth").unlink()
    (into / "own.pth.sha256").unlink()
    stopped_after_its_first_bytes(server, into)
    server.answers["/elsewhere.pth"] = serving(changed)
    assert fetch(Weights("own.pth", "", (f"{server.url}/elsewhere.pth",)), into).read_bytes() == changed


# ---- hashes that nobody published


def test_the_hash_of_a_first_fetch_is_noted_and_later_bytes_are_held_to_it(server: Server, into: Path) -> None:
    server.answers["/own.pth"] = serving()
    weights = Weights("own.pth", "", (f"{server.url}/own.pth",))
    path = fetch(weights, into)
    note = into / "own.pth.sha256"
    assert note.read_text() == f"{SHA256}  own.pth\n"
    assert verify(path, weights) == SHA256
    path.write_bytes(b"others")
    with pytest.raises(CorruptCheckpointError, match=rf"begin {SHA256[:16]}, .*delete own\.pth\.sha256 instead"):
        verify(path, weights)
    server.answers["/own.pth"] = serving(BODY[::-1])
    with pytest.raises(FetchError, match=f"it delivered other bytes: .* wanted {SHA256[:8]}"):
        fetch(weights, into)
    server.answers["/own.pth"] = serving()
    assert fetch(weights, into).read_bytes() == BODY, "what was wrong is replaced by what is right"
    note.write_text("nonsense")
    with pytest.raises(CorruptCheckpointError, match=r"own\.pth\.sha256 should hold the SHA-256 of own\.pth"):
        verify(path, weights)


def test_of_a_file_with_a_published_hash_nothing_is_noted(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving()
    fetch(WEIGHTS, into, [server.url])
    assert left_in(into) == {FILE}


@pytest.mark.slow
def test_a_killed_process_loses_nothing(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving(pace=0.1)
    code = (
        "from pathlib import Path; from demo.schema import Weights; from demo.models.checkpoints.download import fetch\n"
        f"fetch(Weights({FILE!r}, {SHA256!r}), Path({str(into)!r}), [{server.url!r}])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    part = into / f"{FILE}.part"
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > 200_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    had = part.stat().st_size
    assert 200_000 < had < len(BODY)
    server.answers[f"/{FILE}"] = serving()
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges == [None, f"bytes={had}-"]


def test_two_at_once_fetch_once(server: Server, into: Path) -> None:
    server.answers[f"/{FILE}"] = serving(pace=0.03)
    reports: list[list[Progress]] = [[], []]
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda seen: fetch(WEIGHTS, into, [server.url], seen.append), reports))
    assert paths == [into / FILE, into / FILE]
    assert (into / FILE).read_bytes() == BODY
    assert server.ranges == [None]
    assert {"another process"} in [{progress.source for progress in seen} for seen in reports]


def test_a_report_may_stop_it_and_it_goes_on_later(server: Server, into: Path) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    def stop(progress: Progress) -> None:
        raise Stopped

    server.answers[f"/{FILE}"] = serving()
    with pytest.raises(Stopped):
        fetch(WEIGHTS, into, [server.url], stop)
    assert left_in(into) == {f"{FILE}.part"}
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges[1].startswith("bytes=")


# ---- what cannot work: one message, with every source, the hash, and what to do by hand


@pytest.mark.slow
def test_every_source_is_named_with_its_failure(server: Server, into: Path, tmp_path: Path) -> None:
    server.answers = {f"/html/{FILE}": serving(PAGE), f"/wrong/{FILE}": serving(BODY[::-1])}
    (tmp_path / "empty").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sources = [
        f"{server.url}/gone",
        f"{server.url}/html",
        f"{server.url}/wrong",
        server.url.replace("http:", "https:"),
        "http://nonexistent.invalid",
        f"http://127.0.0.1:{port}",
        str(tmp_path / "empty"),
        str(tmp_path / "nowhere"),
        "http://[",
    ]
    with pytest.raises(FetchError) as raised:
        fetch(WEIGHTS, into, sources)
    told = str(raised.value)
    wrong = hashlib.sha256(BODY[::-1]).hexdigest()
    for source, reason in zip(
        sources,
        [
            "it answered 404 Not Found",
            "it answered with a web page instead of the file, as an expired domain does",
            f"it delivered other bytes: their SHA-256 begins {wrong[:8]}, wanted {SHA256[:8]}",
            "no secure connection (TLS) could be made",
            "its host name is not known (DNS), or this machine is offline",
            "it refused the connection",
            f"{FILE} is not there",
            "it is neither a URL, nor a folder here, nor a Hub repository (org/name)",
            "",
        ],
        strict=True,
    ):
        assert f"{source}: {reason}" in told
    assert told.startswith(f"{FILE} could not be fetched.")
    assert f"SHA-256 beginning {SHA256}, into {into}" in told
    assert "\n" not in told
    assert left_in(into) == set()


def test_a_web_page_does_not_cost_what_was_there(server: Server, into: Path) -> None:
    into.mkdir()
    (into / f"{FILE}.part").write_bytes(BODY[:700_000])
    server.answers = {f"/html/{FILE}": serving(PAGE, ranges=False), f"/{FILE}": serving()}
    assert fetch(WEIGHTS, into, [f"{server.url}/html", server.url]).read_bytes() == BODY
    assert server.ranges == ["bytes=700000-", "bytes=700000-"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificate with openssl")
def test_a_certificate_that_is_not_accepted_is_said_so(tmp_path: Path, into: Path) -> None:
    own = [str(tmp_path / name) for name in ("key.pem", "certificate.pem")]
    order = f"openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=127.0.0.1 -keyout {own[0]} -out {own[1]}"
    subprocess.run(order.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own[1], own[0])
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with pytest.raises(FetchError, match=r"its certificate is not accepted \(self-signed certificate\)"):
            fetch(WEIGHTS, into, [f"https://127.0.0.1:{running.server_address[1]}"])
        running.shutdown()


EXPIRED = """
[ca]
default_ca = own
[own]
database = {0}/index.txt
serial = {0}/serial
new_certs_dir = {0}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificate with openssl")
def test_an_expired_certificate_is_said_so(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("index.txt", ""), ("serial", "01\n"), ("ca.cnf", EXPIRED.format(tmp_path))):
        (tmp_path / name).write_text(content)
    key, request, certificate = (str(tmp_path / name) for name in ("key.pem", "request.pem", "certificate.pem"))
    for order in (
        f"openssl req -new -nodes -newkey rsa:2048 -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout {key} "
        f"-out {request}",
        f"openssl ca -batch -notext -selfsign -config {tmp_path}/ca.cnf -keyfile {key} -in {request} "
        f"-out {certificate} -startdate 20240101000000Z -enddate 20250101000000Z",
    ):
        subprocess.run(order.split(), check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", certificate)  # trusted, so that nothing else is wrong with it
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"https://127.0.0.1:{running.server_address[1]}/own.pth"
        with pytest.raises(FetchError, match=r"its certificate is not accepted \(certificate has expired\)") as raised:
            fetch(Weights("own.pth", "", (url,)), into)
        running.shutdown()
    assert raised.value.tried == ((url, "its certificate is not accepted (certificate has expired)"),)


def test_a_silent_server_is_given_up(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchError, match="it did not answer in time"):
            fetch(WEIGHTS, into, [url])


def test_no_source_at_all(into: Path) -> None:
    with pytest.raises(FetchError, match=r"no source is known for it.*or name a source that has it"):
        fetch(WEIGHTS, into)
    with pytest.raises(FetchError, match=f"NVIDIA's own weights do too: the source {NVIDIA}"):
        fetch(SEGFORMER, into)


def test_an_empty_file_is_no_file(server: Server, into: Path) -> None:
    server.answers["/own.pth"] = lambda handler: (
        handler.send_response(200),
        handler.send_header("Content-Length", "0"),
        handler.end_headers(),
    )
    with pytest.raises(FetchError, match="an empty file"):
        fetch(Weights("own.pth", ""), into, [server.url])


def test_too_little_room_is_noticed_before(server: Server, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: Usage(17_000_000))
    server.answers[f"/{FILE}"] = serving()
    with pytest.raises(FetchError, match=r"disk of .* has 17 MB free and 18 MB are needed.*By hand: put a file"):
        fetch(WEIGHTS, into, [server.url, server.url])
    assert left_in(into) == set()
    assert len(server.ranges) == 1


@dataclass
class Usage:
    free: int


def test_a_disk_that_fills_up_keeps_what_has_come(server: Server, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0
    write_whole = download._write_whole

    def full(file: io.RawIOBase, chunk: bytes) -> None:
        nonlocal written
        written += len(chunk)
        if written > 500_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(file, chunk)

    monkeypatch.setattr(download, "_write_whole", full)
    server.answers[f"/{FILE}"] = serving()
    with pytest.raises(FetchError, match=rf"the disk of .* is full; what has come stays in {FILE}\.part"):
        fetch(WEIGHTS, into, [server.url, server.url])
    assert 0 < (into / f"{FILE}.part").stat().st_size <= 500_000
    monkeypatch.setattr(download, "_write_whole", write_whole)
    assert fetch(WEIGHTS, into, [server.url]).read_bytes() == BODY
    assert server.ranges[1].startswith("bytes=")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_the_systems_own_full_disk(server: Server, into: Path) -> None:
    into.mkdir()
    (into / f"{FILE}.part").symlink_to("/dev/full")
    server.answers[f"/{FILE}"] = serving()
    with pytest.raises(FetchError, match="is full"):
        fetch(WEIGHTS, into, [server.url])


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match=r"the folder .*file/checkpoints cannot be made"):
        fetch(WEIGHTS, tmp_path / "file" / "checkpoints", ["http://127.0.0.1:1"])


def test_without_httpx_a_folder_still_delivers_and_a_url_says_what_is_missing(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "demo.models.checkpoints.transfer")
    with pytest.raises(FetchError, match="httpx is not installed: pip install"):
        fetch(WEIGHTS, into, ["http://127.0.0.1:1"])
    (tmp_path / FILE).write_bytes(BODY)
    assert fetch(WEIGHTS, into, [str(tmp_path)]).read_bytes() == BODY


# ---- which homes answer


@pytest.mark.slow
def test_every_home_says_what_it_says(server: Server, storage: Server) -> None:
    storage.answers["/signed"] = serving()
    server.answers = {
        "/whole": serving(),
        "/page": serving(PAGE),
        "/moved": lambda handler: (
            handler.send_response(302),
            handler.send_header("Location", storage.url + "/signed"),
            handler.end_headers(),
        ),
    }
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    urls = {name: f"{server.url}/{name}" for name in ("whole", "page", "moved", "gone")}
    urls["dead"] = f"http://127.0.0.1:{port}/x"
    told = homes.ask([homes.Home(name, ("paper",), url) for name, url in urls.items()])
    assert {home.host: (home.answers, home.said) for home in told} == {
        "whole": (True, "it has the file, 1 MB"),
        "page": (False, "it answered with a web page instead of a file, as an expired domain does"),
        "moved": (True, "it has the file, 1 MB by way of 127.0.0.1"),
        "gone": (False, "it answered 404 Not Found"),
        "dead": (False, "it refused the connection"),
    }


def test_a_silent_home_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        home = homes.Home("silent", ("paper",), f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        (told,) = homes.ask([home], within=0.1)
    assert (told.answers, told.said) == (False, "it did not answer within 0.1 s")


def test_the_homes_are_those_of_the_catalogue_once_each() -> None:
    known = homes.known_homes()
    assert [(home.host, home.sets) for home in known] == [
        ("mmassets.onedl.ai", ("paper", "zoo")),
        ("download.openmmlab.com", ("paper", "zoo")),
        ("github.com", ("ssseg",)),
        ("huggingface.co", ("hub",)),
    ]
    assert all(home.url.startswith(f"https://{home.host}/") for home in known)
    assert {home.url.rpartition(".")[2] for home in known} == {"pth", "json"}
