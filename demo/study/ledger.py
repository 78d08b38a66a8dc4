"""A study's file: one SQLite database that one writer fills photo by photo, so that a stopped study goes on."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from filelock import FileLock, Timeout

from demo.analysis.numbers import Json
from demo.errors import DatasetError
from demo.names import readable
from demo.schema import ClassSet, ModelSpec

FILE = "study.sqlite"
FORMAT = 2
"""Of the file and of what is measured; a file of another format is not added to."""

SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
MEASURED = ("answers", "areas", "truths", "claims", "pairs", "confusions", "together")
"""The tables of the photos as they are."""
PER_PHOTO = (*MEASURED, "stress")
"""The tables whose rows belong to one photo."""

DAMAGED = (ValueError, KeyError, IndexError, TypeError, struct.error, zlib.error)
"""What is raised where a value of the file is no longer what was written: SQLite guards pages, not what is in them."""

Value: TypeAlias = "int | float | str | bytes | None"
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True)
class Identity:
    """What a study is; one of another identity is not mixed with it."""

    source: str
    """The name of the photos' folder."""
    version: str
    settings: Mapping[str, Json]
    models: tuple[dict[str, Json], ...]
    """What tells each from another one of its id."""

    def as_json(self) -> dict[str, Json]:
        return {
            "format": FORMAT,
            "source": readable(self.source),
            "version": self.version,
            "settings": dict(self.settings),
            "models": list(self.models),
        }


@dataclass(frozen=True)
class PhotoRows:
    """What is kept of one photo, ready to be written."""

    name: str
    height: int | None
    width: int | None
    sha256: str | None
    problem: str | None
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows of each of PER_PHOTO, without the photo's number, which comes first."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Networks that could not be loaded, by id, and why; they have no row."""
    added: bool = False
    """Whether the rows join what is known of the photo, rather than replace it."""


class Ledger:
    """The file of one study, open for writing by one process at a time; what `put` returns from is on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.with_suffix(".lock"), timeout=0)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise _unusable(path, "another process is writing to it") from error
        try:
            with self._told():
                self._rows = sqlite3.connect(path, timeout=30)
            try:
                self._prepare()
            except DatasetError:
                self._rows.close()
                raise
        except DatasetError:
            self._lock.release()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._rows.close()
        self._lock.release()

    def _prepare(self) -> None:
        with self._told():
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = NORMAL")
            if not self._rows.execute("SELECT 1 FROM sqlite_master WHERE name = 'study'").fetchone():
                self._rows.executescript(f"BEGIN;\n{SCHEMA}\nCOMMIT;")

    def begin(self, identity: Identity, specs: Sequence[ModelSpec]) -> None:
        """Note what the study is. Raises DatasetError, naming the difference, where the file holds another one."""
        found = identity_of(self.path, self._rows)
        if found:
            if difference := told_apart(found, identity.as_json()):
                raise DatasetError(
                    f"{self.path} holds another study: {difference}. "
                    "Choose another folder for this one, or ask for what that one was asked for."
                )
            return
        with self._told(), self._rows:
            rows = ((key, json.dumps(value)) for key, value in identity.as_json().items())
            self._rows.executemany("INSERT OR REPLACE INTO study VALUES (?, ?)", rows)
            told = (
                (n, s.id, s.title, s.family, s.set, None, Path(s.weights.file).name, None, s.reported.miou)
                for n, s in enumerate(specs)
            )
            self._rows.executemany("INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_written, told))

    def enter(self, photos: Iterable[tuple[str, bytes, str]]) -> dict[str, int]:
        """The photos of this run, (name, path, stamp) each, in order; returns their numbers by name.

        Those whose stamp has changed lose what was measured; those entered earlier and not now are no longer present.
        """
        with self._told(), self._rows:
            old = {name: (photo, stamp) for photo, name, stamp in self._all("SELECT photo, name, stamp FROM photos")}
            self._rows.execute("UPDATE photos SET present = 0")
            numbers: dict[str, int] = {}
            following = max((photo for photo, _ in old.values()), default=-1) + 1
            for name, path, stamp in photos:
                photo, before = old.get(name, (following, None))
                if before is None:
                    following += 1
                elif before != stamp:
                    self._forget(photo)
                statement = "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, 1, NULL, NULL, NULL, NULL)"
                if before == stamp:
                    self._rows.execute("UPDATE photos SET present = 1, path = ? WHERE photo = ?", (path, photo))
                else:
                    self._rows.execute(statement, (photo, name, path, stamp))
                numbers[name] = photo
        return numbers

    def met(self, model: int, class_set: ClassSet, sha256: str) -> None:
        """Note what only loading a network tells."""
        with self._told(), self._rows:
            self._rows.execute(
                "UPDATE models SET class_set = ?, sha256 = ? WHERE model = ?", (class_set.key, sha256, model)
            )
            names = ((class_set.key, index + class_set.offset, readable(n)) for index, n in enumerate(class_set.names))
            self._rows.executemany("INSERT OR IGNORE INTO classes VALUES (?, ?, ?)", names)

    def climb(self, told: Mapping[str, Json]) -> None:
        """Note how photos are corrupted. Raises DatasetError where the file holds some corrupted otherwise."""
        for (before,) in self._all("SELECT value FROM study WHERE key = 'stress'"):
            for key, value in json.loads(before).items():
                if value != told[key]:
                    raise DatasetError(
                        f"{self.path} holds photos that were corrupted with the {key} {value}, and this one's is "
                        f"{told[key]}. Choose another folder for this one, or ask for what that one was asked for."
                    )
        self.note("stress", dict(told))

    def note(self, key: str, value: Json) -> None:
        """Keep one more thing about the study as a whole."""
        with self._told(), self._rows:
            self._rows.execute("INSERT OR REPLACE INTO study VALUES (?, ?)", (key, json.dumps(value)))

    def complete(self, models: Sequence[int]) -> set[int]:
        """The photos that every one of the models has answered."""
        marks = ", ".join("?" * len(models))
        found = self._all(
            f"SELECT photo FROM answers WHERE problem IS NULL AND model IN ({marks}) "
            "GROUP BY photo HAVING COUNT(*) = ?",
            *models,
            len(models),
        )
        return {photo for (photo,) in found}

    def stressed(self, models: Sequence[int]) -> set[tuple[int, str, int]]:
        """(photo, kind, severity) of the corrupted photos that every one of the models has answered."""
        marks = ", ".join("?" * len(models))
        found = self._all(
            f"SELECT photo, kind, severity FROM stress WHERE problem IS NULL AND model IN ({marks}) "
            "GROUP BY photo, kind, severity HAVING COUNT(*) = ?",
            *models,
            len(models),
        )
        return {*found}

    def put(self, photo: int, rows: PhotoRows) -> None:
        """Keep everything of one photo, or nothing of it."""
        with self._told(), self._rows:
            if not rows.added:
                self._forget(photo, MEASURED)
            self._rows.execute(
                "UPDATE photos SET height = coalesce(?, height), width = coalesce(?, width), "
                "sha256 = coalesce(?, sha256), problem = ? WHERE photo = ?",
                (rows.height, rows.width, rows.sha256, rows.problem and readable(rows.problem), photo),
            )
            for table, content in rows.tables.items():
                if content:
                    marks = ", ".join("?" * (len(content[0]) + 1))
                    statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"
                    self._rows.executemany(statement, ((photo, *row) for row in map(_written, content)))

    def problems(self, shown: Mapping[int, str], truth: str) -> Iterator[str]:
        """What could not be read, answered or compared with a truth, photo by photo; `shown` names their files.

        `truth` is what is to be said of a photo whose truth cannot be used.
        """
        statement = """
            SELECT photo, 0 AS kind, NULL, NULL, problem FROM photos UNION ALL
            SELECT photo, 1, title, id, problem FROM answers JOIN models USING (model) UNION ALL
            SELECT DISTINCT photo, 2, NULL, NULL, problem FROM truths UNION ALL
            SELECT DISTINCT photo, 3, NULL, NULL, problem FROM stress ORDER BY photo, kind"""
        for photo, kind, title, model, problem in self._all(statement):
            if problem and photo in shown:
                corrupted = "is left out where it is corrupted"
                left_out = ("is left out", f"is left out for {title} ({model})", truth, corrupted)[kind]
                yield f"{shown[photo]} {left_out}: {problem}"

    def _forget(self, photo: int, tables: Sequence[str] = PER_PHOTO) -> None:
        for table in tables:
            self._rows.execute(f"DELETE FROM {table} WHERE photo = ?", (photo,))

    def _all(self, statement: str, *values: Value) -> list[tuple[Any, ...]]:
        with self._told():
            return self._rows.execute(statement, values).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong with the file - it is none of ours, locked, on a full disk - is a DatasetError."""
        try:
            yield
        except sqlite3.Error as error:
            raise _not_used(self.path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A study's file for reading, OUT or OUT/study.sqlite.

    Raises DatasetError where it is none, or where what is read of it in the block turns out to be damaged.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise DatasetError(
            f"{path} should hold a study ({FILE}), but does not. Make one with: python -m demo study FOLDER -o OUT"
        )
    try:
        rows = sqlite3.connect(file, timeout=30)
        try:
            found = identity_of(file, rows)
            if not found:
                raise _unusable(file, "it has no study in it")
            yield rows
        finally:
            rows.close()
    except sqlite3.Error as error:
        raise _not_used(file, error) from error
    except DAMAGED as error:
        raise _damaged(file, error) from error


def identity_of(path: Path, rows: sqlite3.Connection) -> dict[str, Any]:
    """What the file says of its study; empty where it says nothing. Raises DatasetError for another format."""
    try:
        found: dict[str, Any] = {key: json.loads(value) for key, value in rows.execute("SELECT key, value FROM study")}
    except sqlite3.Error as error:
        raise _not_used(path, error) from error
    except DAMAGED as error:
        raise _damaged(path, error) from error
    if found and found.get("format") != FORMAT:
        raise DatasetError(
            f"{path} should hold a study of format {FORMAT}, but is of format {found.get('format')}. "
            "Choose another folder, and measure again."
        )
    return found


def told_apart(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """In words how the study that was found differs from the one that is asked for; "" where it does not."""
    for key, name in (("version", "its code version"), ("source", "its folder")):
        if found[key] != asked[key]:
            return f"{name} is {found[key]}, and this one's is {asked[key]}"
    before, now = ([model["id"] for model in study["models"]] for study in (found, asked))
    if before != now:
        return f"its models are {', '.join(before)}, and this one's are {', '.join(now)}"
    for one, other in zip(found["models"], asked["models"], strict=True):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return f"the {key} of {one['id']} has changed since"
    was, wanted = found["settings"], asked["settings"]
    for key in sorted(was.keys() | wanted.keys()):
        if was.get(key) != wanted.get(key):
            return f"its setting {key} is {_said(was.get(key))}, and this one's is {_said(wanted.get(key))}"
    return ""


def _said(setting: Json) -> str:
    """
    >>> _said(["entropy", "labels"]), _said(40.0), _said(None)
    ('entropy,labels', '40', 'nothing')
    """
    if isinstance(setting, list):
        return ",".join(map(_said, setting))
    if isinstance(setting, float) and setting.is_integer():
        return str(int(setting))
    return "nothing" if setting is None else str(setting)


def _written(row: Row) -> Row:
    return tuple(readable(value) if isinstance(value, str) else value for value in row)


def _damaged(path: Path, error: Exception) -> DatasetError:
    return _unusable(path, f"it is damaged: {type(error).__name__}, {error}")


_NO_SPACE = ("SQLITE_FULL", "SQLITE_IOERR")
_NO_RIGHT = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")


def _not_used(path: Path, error: sqlite3.Error) -> DatasetError:
    """By what SQLite says: only a file that is none of ours is to be deleted."""
    kind = getattr(error, "sqlite_errorname", "")
    if kind.startswith(_NO_SPACE):
        return DatasetError(
            f"{path} cannot be written ({error}). What was measured is kept in it: free some space on its disk, and "
            "the same command goes on."
        )
    if kind.startswith(_NO_RIGHT):
        return DatasetError(f"{path} cannot be opened or written ({error}). Check its permissions and its folder's.")
    return _unusable(path, str(error))


def _unusable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} should hold the results of this study, but cannot be used ({why}). "
        "If another one uses it, wait for that; else delete it to measure again, or choose another folder."
    )
