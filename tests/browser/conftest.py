"""A real Chromium, and pages served by processes of their own; nothing may leave the machine or fail unseen."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import pytest
from PIL import Image

from demo.images import open_image
from tests.toy import SLOW_WIDTH

ROOT = Path(__file__).parents[2]
CAT = ROOT / "examples" / "cat.png"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# As on a machine whose cores are taken: whatever looks before the page has drawn or an answer has come, fails.
SLOW_PAGES = bool(os.environ.get("ZOO_SLOW_PAGES"))
SLOW_FRAMES_AND_ANSWERS = """(() => {
  const frame = window.requestAnimationFrame.bind(window);
  const ask = window.fetch.bind(window);
  window.requestAnimationFrame = (draw) => frame(() => setTimeout(() => frame(draw), 200));
  window.fetch = async (...all) => {
    await new Promise((done) => setTimeout(done, 300));
    return ask(...all);
  };
})()"""

Open = Callable[..., Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(command: list[str], temporary: Path, project: Path = ROOT) -> Iterator[str]:
    """The address of a page that answers, run in a copy of the project or here; the process ends with the tests."""
    port = free_port()
    log = (temporary / "log.txt").open("w+")
    environment = os.environ | {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(temporary / "gradio"),
        "TMPDIR": str(temporary),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen([sys.executable, *command], cwd=project, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: answers(address), lambda: Path(log.name).read_text(), 180)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def wait_until(condition: Callable[[], Any], otherwise: Callable[[], str], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} s: {otherwise()}")
        time.sleep(0.1)


class Chromium:
    """The browser; where it has died, as under a system that is out of memory, the next test has another."""

    def __init__(self, playwright: Any, path: str) -> None:
        self._launch = lambda: playwright.chromium.launch(executable_path=path, args=FLAGS)
        self._running = self._launch()

    def __getattr__(self, name: str) -> Any:
        if not self._running.is_connected():
            self._running = self._launch()
        return getattr(self._running, name)

    def new_context(self, **options: Any) -> Any:
        return self._opened("new_context", options)

    def new_page(self, **options: Any) -> Any:
        return self._opened("new_page", options)

    def _opened(self, kind: str, options: dict[str, Any]) -> Any:
        opened = self.__getattr__(kind)(**options)
        if SLOW_PAGES:
            opened.add_init_script(SLOW_FRAMES_AND_ANSWERS)
        return opened


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: requirements-test.txt has it")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine; on Debian: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = Chromium(playwright, path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over five toy networks."""
    yield from serve(["-m", "tests.browser.toy_app"], tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def compact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page as `python app.py` opens it, with the compact networks."""
    if len(list((ROOT / "checkpoints/compact").glob("*.pth"))) < 5:
        pytest.skip("the compact networks are not in checkpoints/compact")
    yield from serve(["app.py"], tmp_path_factory.mktemp("compact"))


@pytest.fixture
def slow_photo(tmp_path: Path) -> Path:
    """On this one each toy network takes a second; each test has its own, so that nothing of it is known yet."""
    path = tmp_path / "slow.png"
    image = open_image(ROOT / "examples" / "pavilion.jpg")[:, :SLOW_WIDTH].copy()
    image[0, :16, 0] = list(uuid4().bytes)
    Image.fromarray(image).save(path)
    return path


class Visits:
    """Pages opened in one browser, and everything that went wrong on them."""

    def __init__(self, chromium: Any, home: Any = None) -> None:
        self.chromium, self.home = chromium, home
        self.opened: list[Any] = []
        self.problems: list[str] = []

    def __call__(self, address: str, query: str = "", script: str = "", *, new: bool = False, **options: Any) -> Any:
        """A page that is live; `script` runs in it before its own do. To one who is not `new` no tour is offered."""
        page = self.at_home(address, options) or self.abroad(options)
        page.add_init_script(script or "0")
        if not new:
            page.add_init_script("localStorage.setItem('zoo-tour', 'offered')")
        page.set_default_timeout(60_000)
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.problems.append(f"page: {error}"))
        page.on("response", lambda r: self.problems.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.on("request", lambda request: self.stays(request.url, address))
        page.goto(address + query)
        page.wait_for_selector("[data-ready=yes]", state="attached")
        return page

    def at_home(self, address: str, options: dict[str, Any]) -> Any:
        """The first page of a test, where the scripts of earlier tests' pages are known already and nothing else is."""
        home, self.home = self.home, None
        if home is None or not options.keys() <= {"viewport", "color_scheme", "forced_colors"}:
            return None
        page = home.new_page()
        self.opened.append(page)
        session = home.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": address.rstrip("/"), "storageTypes": "all"})
        session.detach()
        page.set_viewport_size(options.pop("viewport", DESKTOP))
        page.emulate_media(**options)
        return page

    def abroad(self, options: dict[str, Any]) -> Any:
        """A page in a profile of its own, as of another visitor."""
        context = self.chromium.new_context(**{"viewport": DESKTOP} | options)
        self.opened.append(context)
        return context.new_page()

    def heard(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def stays(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.problems.append(f"left the machine: {url}")

    def close(self) -> None:
        for one in self.opened:
            one.close()
        assert self.problems == []


@pytest.fixture(scope="session")
def home(chromium: Any) -> Iterator[Any]:
    """A profile of the browser that keeps what it has fetched: pages of the visits after the first come sooner."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def visit(chromium: Any, home: Any) -> Iterator[Open]:
    """visit(address, query) -> a page; afterwards: no error was logged, no request failed or left the machine."""
    visits = Visits(chromium, home)
    yield visits
    visits.close()


@pytest.fixture(scope="module")
def shared_visit(chromium: Any) -> Iterator[Open]:
    """The same for a page that the tests of one module share."""
    visits = Visits(chromium)
    yield visits
    visits.close()


def choose(page: Any, photo: Path, models: int = 5) -> None:
    """Upload a photo and wait until that many panels are filled."""
    forget_filled(page)
    page.set_input_files("#photo input[type=file]", str(photo))
    filled(page, models)


def forget_filled(page: Any) -> None:
    """So that `filled` waits for the answers to come."""
    page.evaluate("() => { document.querySelector('[data-ready]').dataset.done = ''; }")


def filled(page: Any, models: int = 5) -> None:
    page.wait_for_selector(f"[data-done='{models}']", state="attached", timeout=60_000)


def settled(page: Any) -> None:
    """Until what was changed is drawn and no transition runs any more."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(
        """() => document.getAnimations().every((one) => one.playState !== 'running'
            || one.effect.getTiming().iterations === Infinity)"""
    )


def compared(page: Any) -> None:
    """Until what the models say together has come: then nothing more is asked for."""
    page.wait_for_selector("[aria-label='What the first picture shows']")


@pytest.fixture(scope="module")
def opened(shared_visit: Open, toy: str) -> Any:
    """The page with the cat answered, which the tests of a module share."""
    page = shared_visit(toy)
    choose(page, CAT)
    compared(page)
    return page


@pytest.fixture
def page(opened: Any) -> Any:
    """The same as it first looks."""
    opened.evaluate("document.activeElement?.blur()")  # a select would take the keys
    opened.mouse.move(5, 5)
    opened.keyboard.press("o")
    for _ in range(6):
        opened.keyboard.press("Escape")
    settled(opened)
    return opened
