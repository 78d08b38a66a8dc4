"""Groups of photos by a column of a CSV file."""

from pathlib import Path

import pytest

from demo.errors import DatasetError
from demo.study.groups import MISSING, MOST, OTHERS, read_groups

NAMES = ("a.jpg", "b.jpg", "c.jpg")
FILES = tuple(Path("photos") / name for name in NAMES)


def grouped(tmp_path: Path, text: str | bytes, by: str = "light") -> dict[str, list[int]]:
    path = tmp_path / "groups.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {value: rows.tolist() for value, rows in read_groups(path, by, NAMES, FILES).each}


def test_photos_are_found_by_name_path_and_name_without_ending(tmp_path: Path) -> None:
    found = grouped(tmp_path, "photo,light\na.jpg,day\nb,night\nphotos/c.jpg,day\n")
    assert found == {"day": [0, 2], "night": [1]}


def test_a_photo_without_a_row_and_a_row_without_a_photo_are_told(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("\ufeffname,light\na.jpg,day\nz.jpg,day\nb.jpg\n", encoding="utf-8")
    groups = read_groups(path, "light", NAMES, FILES)
    assert [(value, rows.tolist()) for value, rows in groups.each] == [("(empty)", [1]), ("day", [0]), (MISSING, [2])]
    assert groups.unknown == 1


def test_rare_values_become_one_group(tmp_path: Path) -> None:
    names = tuple(f"{number}.jpg" for number in range(MOST + 5))
    path = tmp_path / "groups.csv"
    path.write_text("photo,kind\n" + "".join(f"{name},{name}\n" for name in names))
    groups = read_groups(path, "kind", names, [Path(name) for name in names])
    assert groups.each[-1][0] == OTHERS and len(groups.each[-1][1]) == 5


def test_bytes_that_are_no_utf8_are_a_name_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(b"photo,light\ncaf\xe9.jpg,day\n")
    file = Path(b"caf\xe9.jpg".decode("utf-8", "surrogateescape"))
    assert read_groups(path, "light", ("caf%E9.jpg",), [file]).each[0][1].tolist() == [0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photo,light\nx.jpg,day\n", "none of its 1 rows does"),
        ("photo,lamp\na.jpg,day\n", "has photo, lamp"),
        ("light\nday\n", "must have a column photo/name/file/image"),
        ("", "has no columns"),
    ],
)
def test_what_the_file_lacks_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        grouped(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_groups(tmp_path / "none.csv", "light", NAMES, FILES)
