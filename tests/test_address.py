"""Ports and hosts as people type them, each refused in one sentence; and this machine asked without a proxy."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo import address, cli
from demo.address import check_environment, check_free, mend_no_proxy, port_of, without_proxies
from demo.errors import AddressError, ImageError
from demo.models.checkpoints.transfer import SourceFailed, Transfer, first_bytes
from demo.study.dataset import Case
from demo.study.sources import open_case

ROOT = Path(__file__).parents[1]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("text", ["0", "-1", "65536", "99999", "http", "80.5", " 80", "", "７８６０"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match=r"^A port should be a number from 1 to 65535, but is .*; choose another\.$"):
        port_of(text)


def test_a_port_in_use_is_named(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressError, match=rf"^Port {taken} is in use; choose another with --port, or leave it out\.$"):
        check_free(port=taken)
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(taken))
    with pytest.raises(AddressError, match=f"^Port {taken} is in use"):
        check_free()
    monkeypatch.delenv("GRADIO_SERVER_PORT")
    monkeypatch.setattr(address, "FIRST_PORT", taken)
    monkeypatch.setattr(address, "PORTS", 1)
    with pytest.raises(AddressError, match=f"^None of the ports {taken} to {taken} is free; choose another"):
        check_free()


def test_a_free_port_is_said_nothing_of() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check_free("127.0.0.1", port)
    check_free("localhost", port)
    check_free("0.0.0.0", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "http://localhost", "a..b", "x" * 70])
def test_a_host_that_is_not_this_machine_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = r"^The page should be served at an address of this machine, but .* is none of them; use 127\.0\.0\.1 "
    with pytest.raises(AddressError, match=sentence):
        check_free(host, 7999)
    monkeypatch.setenv("GRADIO_SERVER_NAME", host)
    with pytest.raises(AddressError, match=sentence):
        check_free()


def test_a_port_of_administrators_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, place: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(AddressError, match=r"^Port 80 is kept for administrators; choose another"):
        check_free(port=80)


@pytest.mark.parametrize("port", ["0", "70000", "abc"])
def test_serve_refuses_a_port_in_one_line(port: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["serve", "--port", port])
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and f"A port should be a number from 1 to 65535, but is '{port}'" in err


def test_a_port_in_the_environment_is_checked_before_gradio_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", "seven")
    with pytest.raises(AddressError, match="but is 'seven'"):
        check_environment()


def test_gradios_variables_are_checked_before_it_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_NUM_PORTS", "many")
    with pytest.raises(
        AddressError,
        match=r"^GRADIO_NUM_PORTS should be a whole number above 0, but is 'many'; correct it, or unset it\.$",
    ):
        check_environment()


def test_a_variable_that_is_empty_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "GRADIO_NUM_PORTS"):
        monkeypatch.setenv(name, "")
    check_environment()
    assert not {"GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "GRADIO_NUM_PORTS"} & os.environ.keys()


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_of_ipv6_is_one_with_and_without_brackets(host: str) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with socket.socket(socket.AF_INET6) as other:
        other.bind(("::1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressError, match=f"^Port {port} is in use"):
            check_free(host, port)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "root_path"), [("127.0.0.1", "zoo"), ("127.0.0.1", "/zoo/"), ("::1", None), ("[::1]", None)]
)
def test_the_page_starts_however_host_and_path_are_written(host: str, root_path: str | None) -> None:
    if ":" in host and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    code = (
        "from demo.page.build import build; from demo.page.serve import launch; import httpx\n"
        f"address = launch(build(lambda: None), host={host!r}, root_path={root_path!r})\n"
        "print(httpx.get(address, trust_env=False).status_code)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.stdout.splitlines()[-1:] == ["200"], run.stderr


def test_proxies_are_hidden_for_a_while_and_then_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "socks://127.0.0.1:9")
    before = dict(os.environ)
    with pytest.raises(KeyError), without_proxies():
        assert not {name for name in os.environ if name.lower().endswith("_proxy")}
        raise KeyError
    assert dict(os.environ) == before


def test_networks_of_ipv6_in_no_proxy_are_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "localhost, 127.0.0.1 , ::1/128,10.0.0.0/8,fd00::/8,.local")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    mend_no_proxy()
    assert os.environ["no_proxy"] == "localhost,127.0.0.1,::1,10.0.0.0/8,fd00::,.local"
    httpx.Client().close()


PROXIES = ["socks://127.0.0.1:9", "socks5://127.0.0.1:9", "http://[::bad", "127.0.0.1:port"]


@pytest.mark.parametrize(("name", "value"), [*(("https_proxy", proxy) for proxy in PROXIES), ("no_proxy", "[::1")])
def test_proxies_that_cannot_work_are_a_sentence_wherever_something_is_fetched(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SourceFailed, match=r"connection settings do not work \(.*\); check https_proxy, all_proxy"):
        Transfer("https://127.0.0.1:9/net.pth", tmp_path / "part", "", lambda *_: None).run()
    with pytest.raises(SourceFailed):
        first_bytes("https://127.0.0.1:9/net.pth", 9)
    with pytest.raises(ImageError, match=r"cannot be fetched \(.*\)\. Check the address, and https_proxy\.$"):
        open_case(Case("a", Path("a.png"), address="https://127.0.0.1:9/a.png"))


@pytest.mark.slow
def test_the_page_starts_behind_a_proxy() -> None:
    """Proxies that answer nobody: whoever goes through one, even to this machine, fails; SOCKS even as it is named."""
    proxies = {"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "socks://127.0.0.1:9", "no_proxy": "[::1"}
    code = (
        "import os; from demo.page.build import build; from demo.page.serve import launch\n"
        "print(launch(build(lambda: None), host='127.0.0.1'))\n"
        "print(os.environ['http_proxy'], os.environ['ALL_PROXY'], os.environ['no_proxy'])"
    )
    environment = {key: text for key, text in os.environ.items() if not key.lower().endswith("_proxy")}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=environment | proxies,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    address, after = run.stdout.splitlines()[-2:]
    assert address.startswith("http://127.0.0.1:") and after.split() == [*proxies.values()]


@pytest.mark.slow
def test_serve_says_that_its_port_is_in_use(taken: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the tests' own stay
    monkeypatch.setattr("demo.page.blocks.PageBlocks.block_thread", lambda page: page.close())  # a page is no answer
    assert cli.main(["serve", "--port", str(taken)]) == 2
    assert capsys.readouterr().err.startswith(f"error: Port {taken} is in use; choose another with --port")
