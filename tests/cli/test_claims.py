"""The article's sentences tested on photos."""

from pathlib import Path

from demo import cli
from tests.cli.commands import Capture
from tests.toy import toy_ids


def test_claims_refuse_a_verdict_on_three_photos(toy: None, dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    photos = [str(path) for path in sorted((dataset / "images").iterdir())]
    models = [name for name in toy_ids() if name != "segformer-compact"]
    assert cli.main(["claims", *photos, "-m", *models, "-o", str(tmp_path / "out")]) == 0
    header, *rows, report = capsys.readouterr().out.splitlines()
    assert header.split() == ["verdict", "photos", "claim"]
    assert rows and all(row.startswith("cannot tell") for row in rows)
    assert Path(report).is_file()
