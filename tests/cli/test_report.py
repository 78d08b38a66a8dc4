"""The page of a study by command."""

import json
from pathlib import Path

from demo import cli
from tests.cli.commands import Capture, save
from tests.toy import toy_ids


def studied(tmp_path: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        save(tmp_path / "photos" / name, seed=number)
    out = tmp_path / "out"
    cli.main(["study", str(tmp_path / "photos"), "-m", *toy_ids()[:3], "-o", str(out)])
    return out


def test_report_writes_one_page_with_the_photos_and_their_groups(toy: None, tmp_path: Path, capsys: Capture) -> None:
    out = studied(tmp_path, "a.png", "b.png", "c.png")
    groups = tmp_path / "groups.csv"
    groups.write_text("photo,light\na.png,day\nb.png,night\nc.png,day\n")
    capsys.readouterr()
    assert cli.main(["report", str(out), "--groups", str(groups), "--by", "light"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(out / "study.html") and "3 of 3 pictures" in told.err
    page = (out / "study.html").read_text("utf-8")
    assert "By light" in page and "night" in page and page.count("data:image/jpeg") >= 6
    assert str(tmp_path) not in page


def test_report_shows_the_verdicts_and_curves_that_other_commands_left_there(
    toy: None, tmp_path: Path, capsys: Capture
) -> None:
    out = studied(tmp_path, "a.png")
    (out / "claims.json").write_text(
        json.dumps({"claims": [{"sentence": "S.", "verdict": "holds", "reason": "R.", "photos": 1}]})
    )
    stressed = ["study", str(tmp_path / "photos"), "-m", *toy_ids()[:3], "-o", str(out), "--stress", "contrast"]
    assert cli.main([*stressed, "--severities", "1", "3"]) == 0
    assert cli.main(["report", str(out)]) == 0
    page = (out / "study.html").read_text("utf-8")
    assert 'id="claims"' in page and "R." in page
    assert 'id="stress"' in page and "contrast." in page and "1 photo." in page and "mean IoU, %" not in page


def test_report_of_what_is_no_study_and_half_a_group_are_sentences(toy: None, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["report", str(tmp_path)]) == 2
    assert "should hold a study" in capsys.readouterr().err
    assert cli.main(["report", str(tmp_path), "--by", "light"]) == 2
    assert "Groups need both --groups FILE.csv and --by COLUMN" in capsys.readouterr().err


def test_a_damaged_file_of_another_command_costs_its_own_part(toy: None, tmp_path: Path) -> None:
    out = studied(tmp_path, "a.png")
    (out / "claims.json").write_text("[3")
    assert cli.main(["report", str(out)]) == 0
    page = (out / "study.html").read_text("utf-8")
    assert 'id="claims"' not in page and 'id="stress"' not in page
