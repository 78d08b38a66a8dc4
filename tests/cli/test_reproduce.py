"""The article's table and figures."""

from pathlib import Path

import pytest

from demo import cli
from tests.cli.commands import Capture
from tests.toy import toy_ids


@pytest.mark.slow
def test_reproduce_prints_the_table(toy: None, tmp_path: Path, capsys: Capture) -> None:
    command = ["reproduce", "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--seconds", "0.2"]
    code = cli.main(command)
    out, err = capsys.readouterr()
    assert code == (1 if "error: " in err else 0)
    assert "FCN" in out and Path(out.splitlines()[-1]).is_file()
