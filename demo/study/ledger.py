"""What a study has measured so far, one row for each photo and model, so that a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from types import TracebackType

from demo.errors import DatasetError
from demo.schema import ModelSpec
from demo.study.dataset import Case

VERSION = 1
"""Of what is measured; rows of another version are measured again."""


class Ledger:
    """An SQLite file of results by key; every `put` is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._rows = sqlite3.connect(path, timeout=30)
            self._rows.execute(
                "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, photo TEXT, model TEXT, content BLOB)"
            )
        except sqlite3.DatabaseError as error:
            raise DatasetError(
                f"{path} should hold the results of an earlier run, but cannot be read ({error}). "
                "Delete it to measure again, or choose another output folder."
            ) from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._rows.close()

    def get(self, key: str) -> bytes | None:
        """What was put under the key."""
        row = self._rows.execute("SELECT content FROM results WHERE key = ?", (key,)).fetchone()
        return bytes(row[0]) if row else None

    def has(self, key: str) -> bool:
        """Whether something was put under the key."""
        return self._rows.execute("SELECT 1 FROM results WHERE key = ?", (key,)).fetchone() is not None

    def put(self, key: str, photo: str, model: str, content: bytes) -> None:
        """Keep one result; names are for people who open the file."""
        with self._rows:
            self._rows.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", (key, photo, model, content))


def key_of(case: Case, spec: ModelSpec, settings: str) -> str:
    """Changes with the photo's or the annotation's file, the model's weights, the settings and what is measured."""
    files = [
        (str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns)
        for path in (case.photo, case.annotation)
        if path is not None and path.exists()
    ]
    content = [VERSION, case.name, files, spec.id, spec.weights.file, spec.weights.sha256, settings]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
