"""An uploaded photo as a picture on the page is small; as a file it is itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.images import Limits, open_image
from demo.page import previews
from demo.page.previews import SIDE, Previews
from demo.page.store import Store

AS_PICTURE = {"Sec-Fetch-Dest": "image"}


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def served(uploads: Path) -> Iterator[TestClient]:
    async def whole(request: Request) -> Response:
        return FileResponse(request.path_params["path"])

    store = Store(Limits(megapixels=2))
    routes = [Route("/gradio_api/file={path:path}", whole)]
    yield TestClient(Starlette(routes=routes, middleware=[Middleware(Previews, store=store)]))
    store.close()


def photo(path: Path, size: tuple[int, int] = (900, 1200)) -> Path:
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    PillowImage.fromarray(noise).save(path, quality=95)
    return path


def test_as_a_picture_it_is_small_and_turned_as_its_exif_says(served: TestClient, uploads: Path) -> None:
    path = photo(uploads / "a b.jpg")
    turned = PillowImage.Exif()
    turned[0x0112] = 6
    PillowImage.open(path).save(path, exif=turned, quality=95)
    reply = served.get(f"/gradio_api/file={path}", headers=AS_PICTURE)
    assert reply.headers["content-type"] == "image/jpeg" and "Sec-Fetch-Dest" in reply.headers["vary"]
    assert open_image(reply.content).shape == (SIDE, SIDE * 3 // 4, 3)
    assert len(reply.content) < path.stat().st_size / 2
    accepts = {"Accept": "image/avif,image/webp,image/*,*/*;q=0.8"}  # all that browsers say over plain http
    assert served.get(f"/gradio_api/file={path}", headers=accepts).content == reply.content


def test_as_a_file_it_is_itself(served: TestClient, uploads: Path) -> None:
    path = photo(uploads / "a.jpg")
    for headers in ({}, {"Sec-Fetch-Dest": "empty"}):
        assert served.get(f"/gradio_api/file={path}", headers=headers).content == path.read_bytes()


def test_what_is_small_no_upload_or_no_photo_goes_as_it_would(
    served: TestClient, uploads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = photo(uploads / "small.jpg", (60, 80))
    elsewhere = photo(tmp_path / "elsewhere.jpg")
    broken = uploads / "broken.jpg"
    broken.write_bytes(b"no photo" * 100_000)
    too_large = photo(uploads / "large.jpg", (1500, 2000))
    for path in (small, elsewhere, broken, too_large):
        assert served.get(f"/gradio_api/file={path}", headers=AS_PICTURE).content == path.read_bytes(), path.name
    assert small.stat().st_size < previews.SMALL
