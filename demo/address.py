"""Where the page can be served from, told before a server is started; and this machine spoken to without a proxy."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address
from typing import Final

from demo.errors import AddressError

FIRST_PORT: Final = 7860
PORTS: Final = 100
"""Gradio's own: how many ports from the first are tried where none is named."""
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""The last too: what it lists is read even where no proxy is named, and may be malformed."""
_PORT_VARIABLES: Final = ("GRADIO_SERVER_PORT", "GRADIO_NODE_SERVER_PORT")
_COUNT_VARIABLES: Final = ("GRADIO_NUM_PORTS", "GRADIO_NODE_NUM_PORTS")
_VARIABLES: Final = ("GRADIO_SERVER_NAME", "GRADIO_ROOT_PATH", *_PORT_VARIABLES, *_COUNT_VARIABLES)
_TAKEN: Final = {errno.EADDRINUSE: "is in use", errno.EACCES: "is kept for administrators"}


@contextmanager
def without_proxies() -> Iterator[None]:
    """No proxy is named in the environment inside: what asks this machine itself must not go through one."""
    hidden = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def mend_no_proxy() -> None:
    """Networks of IPv6 in no_proxy, such as ::1/128, become their first address: httpx stops at the slash."""
    for name in ("no_proxy", "NO_PROXY"):
        if listed := os.environ.get(name):
            os.environ[name] = ",".join(map(_without_width, listed.split(",")))


def _without_width(entry: str) -> str:
    place, _, width = entry.strip().partition("/")
    return place if place.count(":") > 1 and width.isdecimal() else entry.strip()


def port_of(text: str) -> int:
    """The port of that number. Raises AddressError.

    >>> port_of("7860")
    7860
    """
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise AddressError(f"A port should be a number from 1 to 65535, but is {text!r}; choose another.")
    return int(text)


def host_of(text: str) -> str:
    """The host as Gradio and browsers write it: an address of IPv6 in brackets.

    >>> host_of("::1"), host_of("[::1]"), host_of("127.0.0.1")
    ('[::1]', '[::1]', '127.0.0.1')
    """
    bare = text.removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        return f"[{IPv6Address(bare)}]"
    return text


def root_of(text: str) -> str:
    """The path below which the page is served, as Gradio takes it; a whole address stays as it is.

    >>> root_of("zoo"), root_of("/zoo/"), root_of("/"), root_of("https://example.org/zoo")
    ('/zoo', '/zoo', '', 'https://example.org/zoo')
    """
    if text.startswith(("http://", "https://")):
        return text
    path = text.strip().strip("/")
    return f"/{path}" if path else ""


def check_environment() -> None:
    """What Gradio reads when it is imported; a variable that is empty is as good as none. Raises AddressError."""
    for name in _VARIABLES:
        if os.environ.get(name, "unset").strip() == "":
            del os.environ[name]
    for name in _PORT_VARIABLES:
        if port := os.environ.get(name):
            port_of(port)
    for name in _COUNT_VARIABLES:
        if (count := os.environ.get(name)) and not (count.isascii() and count.isdecimal() and int(count)):
            raise AddressError(f"{name} should be a whole number above 0, but is {count!r}; correct it, or unset it.")


def check_free(host: str | None = None, port: int | None = None) -> None:
    """Whether a server can listen there, by default as Gradio's variables say. Raises AddressError."""
    host = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    named = str(port) if port is not None else os.environ.get("GRADIO_SERVER_PORT")
    if named:
        if trouble := _trouble(host, port_of(named)):
            raise AddressError(f"Port {named} {trouble}; choose another with --port, or leave it out.")
    elif all(_trouble(host, number) for number in range(FIRST_PORT, FIRST_PORT + PORTS)):
        raise AddressError(
            f"None of the ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free; choose another with --port."
        )


def _trouble(host: str, port: int) -> str | None:
    """What keeps a port of a host from being listened on. Raises AddressError for a host that is not this machine."""
    try:
        bare = host.removeprefix("[").removesuffix("]")
        family, kind, protocol, _, place = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if os.name == "posix":  # elsewhere it would share a port that is in use
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except (socket.gaierror, UnicodeError) as error:
        raise _foreign(host) from error
    except OSError as error:
        if error.errno not in _TAKEN:
            raise _foreign(host) from error
        return _TAKEN[error.errno]
    return None


def _foreign(host: str) -> AddressError:
    return AddressError(
        f"The page should be served at an address of this machine, but {host} is none of them; "
        "use 127.0.0.1 for this machine alone, or 0.0.0.0 for its networks."
    )
