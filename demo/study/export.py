"""The tables of a study as CSV or Parquet files, for programs that read no SQLite."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from demo.errors import DatasetError
from demo.study.ledger import reading

TABLES = ("models", "classes", "photos", "answers_named", "areas_named", "pairs", "confusions", "together", "stress")
"""What is exported: tables and views, without what only this program can read."""
PRIVATE = ("judged",)
"""Columns of text that only this program can read, as it does blobs."""
AT_ONCE = 50_000
"""Rows in memory."""


def export(path: Path, kind: Literal["csv", "parquet"], folder: Path) -> Iterator[Path]:
    """Write one file a table into a folder, of the photos that still are in the study; yields the files.

    Raises DatasetError where there is no study, and where pyarrow is missing for Parquet.
    """
    write = _write_csv if kind == "csv" else _parquet_writer()
    with reading(path) as rows:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            file = folder / f"{table.removesuffix('_named')}.{kind}"
            write(file, rows, table)
            yield file


def _columns(rows: sqlite3.Connection, table: str) -> list[str]:
    """Without those that only this program can read."""
    told = rows.execute(f"SELECT name, type FROM pragma_table_info('{table}')").fetchall()
    return [name for name, kind in told if kind != "BLOB" and name not in PRIVATE]


def _selected(rows: sqlite3.Connection, table: str) -> tuple[list[str], sqlite3.Cursor]:
    columns = _columns(rows, table)
    named = ", ".join(f'"{column}"' for column in columns)
    of_photos = "photo" in columns and not table.endswith("_named")  # views have them left out
    where = "WHERE photo IN (SELECT photo FROM photos WHERE present)" if of_photos else ""
    return columns, rows.execute(f"SELECT {named} FROM {table} {where}")


def _write_csv(path: Path, rows: sqlite3.Connection, table: str) -> None:
    """Empty cells for what is not defined."""
    columns, found = _selected(rows, table)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        while part := found.fetchmany(AT_ONCE):
            writer.writerows(part)


def _parquet_writer() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise DatasetError(
            "Parquet files need the package pyarrow, which is not installed: pip install pyarrow. "
            "Or export CSV, which needs nothing."
        ) from error
    kinds = {"INTEGER": pyarrow.int64(), "INT": pyarrow.int64(), "REAL": pyarrow.float64()}

    def write(path: Path, rows: sqlite3.Connection, table: str) -> None:
        told = dict(rows.execute(f"SELECT name, upper(type) FROM pragma_table_info('{table}')"))
        columns, found = _selected(rows, table)
        schema = pyarrow.schema([(name, kinds.get(told[name], pyarrow.string())) for name in columns])
        if "area" in columns:  # an expression, of which SQLite knows no type
            schema = schema.set(columns.index("area"), pyarrow.field("area", pyarrow.float64()))
        with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            while part := found.fetchmany(AT_ONCE):
                arrays = [pyarrow.array([row[n] for row in part], kind.type) for n, kind in enumerate(schema)]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

    return write
