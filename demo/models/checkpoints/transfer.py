"""One file over HTTP into a partial file: resumed where it was cut, in this process or an earlier one."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import httpx

from demo.models.checkpoints.hashes import starts_like_web_page
from demo.models.checkpoints.hub_access import authorization
from demo.models.checkpoints.sources import SourceFailed, origin_of

HEADERS = {"Accept-Encoding": "identity", "User-Agent": "segmentation-zoo"}
TIMEOUT = httpx.Timeout(20, connect=10)
LIMITS = httpx.Limits(max_keepalive_connections=0)
"""No connection serves twice: some servers hang up after a redirect without having said so."""
PAUSE = 1.0
"""Seconds before going on after a cut; doubled each time that nothing came."""
PATIENCE = 3
"""Attempts in a row that bring nothing before a source is given up."""
BUSY = (429, 500, 502, 503, 504)

BRIEF = httpx.Timeout(5)
"""For a question, where a file is not wanted."""

Writer = Callable[[Iterator[bytes], int, int | None], None]
"""Takes chunks, the offset where they belong, and the whole file's size where known."""


class _Cut(Exception):  # noqa: N818
    """The connection ended early or the server is busy: worth going on."""


class Transfer:
    """Brings the bytes of `url` into `part` through `write`.

    `sha256`, empty at first where nothing was known, becomes what the Hugging Face Hub states of the file. `begun_here`
    tells whether all bytes came in this run, none from a partial file of an earlier one. An earlier one
    is gone on with when a hash can tell in the end, or when it came from this URL and its mark is the same still.
    """

    def __init__(self, url: str, part: Path, sha256: str, write: Writer) -> None:
        self.url = url
        self.part = part
        self.sha256 = sha256
        self.write = write
        self._validator = self._noted()
        self.begun_here = False

    def run(self) -> None:
        """Until the whole file is there. Raises SourceFailed."""
        fruitless = 0
        with self._client() as client:
            while True:
                before = self.received
                try:
                    return self._attempt(client)
                except _Cut as cut:
                    fruitless = 0 if self.received > before else fruitless + 1
                    if fruitless >= PATIENCE:
                        raise SourceFailed(str(cut)) from cut
                    time.sleep(PAUSE * 2**fruitless)

    @property
    def received(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _client(self) -> httpx.Client:
        headers = HEADERS | authorization(self.url)
        try:
            return httpx.Client(timeout=TIMEOUT, limits=LIMITS, follow_redirects=True, headers=headers)
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:  # an odd proxy or certificate variable
            raise SourceFailed(
                f"this machine's connection settings do not work ({error}); check https_proxy, all_proxy and no_proxy"
            ) from error

    def _attempt(self, client: httpx.Client) -> None:
        try:
            with client.stream("GET", self.url, headers=self._headers()) as response:
                self._take(response)
        except (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError) as error:
            raise _Cut(_explain(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise SourceFailed(_explain(error)) from error

    def _headers(self) -> dict[str, str]:
        if not self.received:
            return {}
        resume = {"Range": f"bytes={self.received}-"}
        return resume | ({"If-Range": self._validator} if self._validator else {})

    def _take(self, response: httpx.Response) -> None:
        self.sha256 = self.sha256 or _stated_sha256(response)
        if response.status_code == 416:
            return self._take_nothing_more(response)
        if response.status_code not in (200, 206):
            failure = _Cut if response.status_code in BUSY else SourceFailed
            raise failure(f"it answered {response.status_code} {response.reason_phrase}".strip())
        offset, total = _extent(response)
        if offset != (self.received if response.status_code == 206 else 0) or (
            offset and not self._may_append(response)
        ):
            return self._start_anew()
        self._validator = _validator(response)
        self.begun_here = self.begun_here or offset == 0
        self._note()
        chunks = response.iter_raw()
        self.write(chunks if offset else _refusing_web_pages(chunks), offset, total)
        if total is not None and self.received < total:
            raise _Cut(f"the connection ended after {self.received} of {total} bytes")

    def _take_nothing_more(self, response: httpx.Response) -> None:
        """The partial file has every byte already, or more than there are."""
        if _extent(response)[1] != self.received or not self._may_append(response):
            self._start_anew()

    def _may_append(self, response: httpx.Response) -> bool:
        """An earlier process may have had its bytes from elsewhere: a hash can tell then, or the server's own mark."""
        return self.begun_here or bool(self.sha256) or self._validator == _validator(response) != ""

    def _noted(self) -> str:
        """The mark under which this URL gave an earlier process the partial file; nothing where that is unknown."""
        origin = origin_of(self.part)
        url, _, validator = origin.read_text(encoding="utf-8").partition("\n") if origin.exists() else ("", "", "")
        return validator if url == self.url else ""

    def _note(self) -> None:
        """Only without a hash: with one, the bytes themselves tell in the end."""
        if self.sha256:
            return
        with suppress(OSError):  # then a later process begins anew
            origin_of(self.part).write_text(f"{self.url}\n{self._validator}", encoding="utf-8")

    def _start_anew(self) -> None:
        if not self.received:
            raise SourceFailed("it answered with another part of the file than asked for")
        self.part.unlink()
        raise _Cut("it did not go on where the file was cut")


def first_bytes(url: str, count: int) -> str:
    """What a server says when asked for the first `count` bytes of a file, in words. Raises SourceFailed."""
    headers = HEADERS | {"Range": f"bytes=0-{count - 1}"}
    try:
        with (
            httpx.Client(timeout=BRIEF, follow_redirects=True, max_redirects=5, headers=headers) as client,
            client.stream("GET", url) as response,
        ):
            return _described(response)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError, ImportError) as error:
        raise SourceFailed(_explain(error)) from error


def _described(response: httpx.Response) -> str:
    if response.status_code not in (200, 206):
        raise SourceFailed(f"it answered {response.status_code} {response.reason_phrase}".strip())
    if starts_like_web_page(next(response.iter_raw(), b"")):
        raise SourceFailed("it answered with a web page instead of a file, as an expired domain does")
    total = _extent(response)[1]
    size = f", {total / 1e6:.0f} MB" if total else ""
    end = f" by way of {response.url.host}" if response.history else ""
    return f"it has the file{size}{end}"


def _extent(response: httpx.Response) -> tuple[int, int | None]:
    """Where the answer's bytes start, and the whole file's size where it is stated."""
    if response.status_code == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    if not match:
        return -1, None
    return int(match[1] or -1), None if match[2] == "*" else int(match[2])


def _validator(response: httpx.Response) -> str:
    """What If-Range may hold: a strong ETag, else the time of the last change."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")


def _stated_sha256(response: httpx.Response) -> str:
    """The Hugging Face Hub names a large file's SHA-256 in the answer that redirects to its storage."""
    for answer in (*response.history, response):
        if match := re.fullmatch(r'"?([0-9a-f]{64})"?', answer.headers.get("X-Linked-ETag", "")):
            return match[1]
    return ""


def _refusing_web_pages(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Before a byte is written, so that a page does not replace what an earlier attempt has brought."""
    first = next(chunks, b"")
    if starts_like_web_page(first):
        raise SourceFailed("it answered with a web page instead of the file, as an expired domain does")
    return chain([first], chunks)


def _explain(error: Exception) -> str:
    """What went wrong, in words, from the deepest cause that says it."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted ({cause.verify_message})"
        if isinstance(cause, socket.gaierror):
            return "its host name is not known (DNS), or this machine is offline"
        if isinstance(cause, ConnectionRefusedError):
            return "it refused the connection"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection (TLS) could be made ({cause.reason or cause})"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return f"{error or type(error).__name__}"
