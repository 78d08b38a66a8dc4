"""What a study has measured so far, one row for each photo and model, so that a stopped study goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from demo.errors import DatasetError
from demo.models.checkpoints.files import locate
from demo.names import readable
from demo.schema import ModelSpec
from demo.study.dataset import Case

VERSION = 2
"""Of what is measured; rows of another version are measured again."""


class Ledger:
    """An SQLite file of results by key; every `put` is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._rows = sqlite3.connect(path, timeout=30)
        try:
            self._ask("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, photo TEXT, model TEXT, content BLOB)")
        except DatasetError:
            self._rows.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._rows.close()

    def get(self, key: str) -> bytes | None:
        """What was put under the key."""
        rows = self._ask("SELECT content FROM results WHERE key = ?", key)
        return bytes(rows[0][0]) if rows else None

    def has(self, key: str) -> bool:
        """Whether something was put under the key."""
        return bool(self._ask("SELECT 1 FROM results WHERE key = ?", key))

    def put(self, key: str, photo: str, model: str, content: bytes) -> None:
        """Keep one result; names are for people who open the file."""
        self._ask("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", key, readable(photo), readable(model), content)

    def _ask(self, statement: str, *values: str | bytes) -> list[tuple[bytes, ...]]:
        with self._told(), self._rows:
            return self._rows.execute(statement, values).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong with the file - it is none of ours, locked, on a full disk - is a DatasetError."""
        try:
            yield
        except sqlite3.Error as error:
            raise DatasetError(
                f"{self.path} should hold the results of this study, but cannot be used ({error}). "
                "If another one uses it, wait for that; else delete it to measure again, or choose another folder."
            ) from error


def key_of(case: Case, spec: ModelSpec, settings: str) -> str:
    """Changes with the photo's or the annotation's file, the model's weights, the settings and what is measured.

    A catalogue's weights are known by their hash; the user's own, and their config, by size and time like a photo.
    """
    own = [Path(path) for path in (spec.config, spec.weights.file, spec.classes) if path] if spec.set == "own" else []
    files = [
        (str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns)
        for path in (case.photo, case.annotation, *own)
        if path is not None and path.exists()
    ]
    content = [VERSION, case.name, files, spec.id, spec.weights.file, spec.weights.sha256, settings, spec.classes]
    if case.class_set:
        content.append(case.class_set.key)
    if spec.weights.repository:  # a branch is what it was at the last fetch
        place = locate(spec.weights)
        content += [spec.weights.repository, spec.weights.revision, place.name if place else ""]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
