"""SHA-256 of files, and whether it is the expected one."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

WEB_PAGE_STARTS = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<!--")


def sha256_of(path: Path) -> str:
    """The whole hex digest; 1.2 GB takes seconds, so it is remembered until the file's size or time changes."""
    known = path.stat()
    return _sha256(path.resolve(), known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def agrees(digest: str, expected: str) -> bool:
    """Whether a digest is the expected one, of which the first digits may be all that is known, or nothing."""
    return digest.startswith(expected.lower())


def starts_like_web_page(start: bytes) -> bool:
    """Whether a file that should be a checkpoint begins as a web page does: what an expired domain serves."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower().startswith(WEB_PAGE_STARTS)


def is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        return starts_like_web_page(file.read(64))
