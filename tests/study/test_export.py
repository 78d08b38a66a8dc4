"""A study's tables as CSV and Parquet, and the SQL of docs/study.md on them."""

import csv
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from demo.errors import DatasetError
from demo.study import study
from demo.study.corrupted import Ladder
from demo.study.export import TABLES, export
from demo.study.ledger import FILE
from demo.study.records import records
from tests.study.photos import make_dataset
from tests.toy import toy_ids, toy_zoo

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "study.md"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    study(make_dataset(folder / "set", 6), toy_ids(), toy_zoo(), folder / "out")
    return folder / "out"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_csv_has_every_table_and_its_numbers(out: Path, tmp_path: Path) -> None:
    written = [*export(out, "csv", tmp_path / "csv")]
    assert [path.name for path in written] == [f"{name.removesuffix('_named')}.csv" for name in TABLES]
    found, answers = records(out), rows_of(tmp_path / "csv/answers.csv")
    assert len(answers) == 6 * 5
    first = next(row for row in answers if row["photo"] == "photo0" and row["model"] == toy_ids()[0])
    assert float(first["mean_entropy"]) == found.answers["mean_entropy"][0, 0]
    assert int(first["right"]) == found.right[0, 0] and first["problem"] == ""
    areas = rows_of(tmp_path / "csv/areas.csv")
    assert sum(int(row["pixels"]) for row in areas) == found.pixels.sum()
    assert sum(float(row["area"]) for row in areas) == pytest.approx(30)
    assert sum(int(row["pixels"]) for row in rows_of(tmp_path / "csv/confusions.csv")) == found.confusions.sum()


def test_what_has_left_the_folder_is_in_no_table_and_corrupted_photos_are_in_one(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 3) / "images/validation"
    models, ladder = toy_ids()[:2], Ladder(("contrast",), (1, 5))
    study(photos, models, toy_zoo(), tmp_path / "out", ladder=ladder)
    (photos / "photo1.png").unlink()
    study(photos, models, toy_zoo(), tmp_path / "out", ladder=ladder)
    written = {path.stem: rows_of(path) for path in export(tmp_path / "out", "csv", tmp_path / "csv")}
    for name in ("photos", "pairs", "confusions", "together", "stress"):
        assert {row["photo"] for row in written[name]} == {"0", "2"}
    assert {row["photo"] for row in written["answers"]} == {"photo0.png", "photo2.png"}
    assert len(written["stress"]) == 2 * 2 * 3 and "judged" not in written["stress"][0]


def test_parquet_holds_what_csv_holds(out: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    for path in export(out, "parquet", tmp_path / "parquet"):
        (table,) = [p for p in export(out, "csv", tmp_path / "csv") if p.stem == path.stem]
        found = parquet.read_table(path).to_pylist()
        told = [{key: "" if value is None else str(value) for key, value in row.items()} for row in found]
        assert told == rows_of(table)


def test_without_pyarrow_the_remedy_is_named(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DatasetError, match=r"need the package pyarrow.*pip install pyarrow\. Or export CSV"):
        [*export(out, "parquet", tmp_path / "parquet")]
    with pytest.raises(DatasetError, match="should hold a study"):
        [*export(tmp_path, "csv", tmp_path / "csv")]


def documented(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_sql_of_the_document_answers_its_questions(out: Path) -> None:
    found = records(out)
    with closing(sqlite3.connect(out / FILE)) as rows:
        worst, walls = (rows.execute(statement).fetchall() for statement in documented("sql"))
    pair = found.pairs.index((0, 4))
    shares = found.both_sure_other[:, pair] / found.compared[:, pair]
    assert len(worst) == 5 and worst[0][1] == f"{100 * shares.max():.1f} %"
    assert worst[0][0] == found.names[int(shares.argmax())]
    others = found.confusions[:, 0].sum(0)
    others[0] = 0
    assert [pixels for _, pixels in walls] == sorted(others[others > 0].tolist(), reverse=True)[:5]


def test_the_duckdb_of_the_document_answers_its_question(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    [*export(out, "csv", tmp_path / "out" / "csv")]
    monkeypatch.chdir(tmp_path)
    (statement,) = documented("sql duckdb")
    answered = duckdb.sql(statement).fetchall()
    found = records(out)
    assert len(answered) == 5 and answered[0][3] == pytest.approx(
        (found.right.sum(0) / found.labelled.sum(0)).max(), abs=1e-3
    )
