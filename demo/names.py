"""The names of files as text: whatever bytes a disk holds as a name, every report and reader can hold them."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def readable(text: str) -> str:
    r"""The text, in which bytes that were no UTF-8 (surrogates to Python) and control characters show as in addresses.

    >>> readable("caf\udce9.png"), readable("café.png")
    ('caf%E9.png', 'café.png')
    """
    return _UNWRITABLE.sub(lambda found: _escaped(ord(found[0])), text)


def same_name(text: str) -> str:
    """What two names have in common that look the same: é as one character, or as e and an accent that follows.

    >>> same_name("cafe\N{COMBINING ACUTE ACCENT}") == same_name("café")
    True
    """
    return unicodedata.normalize("NFC", text)


def leads_nowhere(path: Path) -> str:
    """What a link names that is not there, or that this user may not see; "" for anything else."""
    return os.readlink(path) if os.path.islink(path) and not os.path.exists(path) else ""


def no_file(path: Path) -> str:
    """What a path is that should be a file's and is not, and what to do about it; "" where it is one.

    Raises OSError where that may not be looked at.
    """
    if path.is_file():
        return ""
    if target := leads_nowhere(path):
        if os.path.lexists(path.parent / target) and leads_nowhere(path.parent / target):
            return f"a link to {target}, and that one leads on to nothing; point it at a file"
        return f"a link to {target}, which is not there; mount its disk"
    if path.is_dir():
        return "a folder; check the path"
    return "a pipe or a device; give a file" if path.exists() else "not there; check the path"


@contextmanager
def in_utf8(path: Path) -> Iterator[Path]:
    """The path, or where it is no UTF-8 a link to it that is, for readers that take no other names."""
    if readable(str(path)) == str(path):
        yield path
        return
    with TemporaryDirectory() as folder:
        link = Path(folder, f"link{readable(path.suffix)}")
        link.symlink_to(path.absolute())
        yield link


def to_json(value: object, *, indent: int = 1) -> str:
    r"""JSON that is UTF-8 whatever names it holds; nan is a ValueError.

    >>> print(to_json(["caf\udce9", "é"]))
    [
     "caf%E9",
     "é"
    ]
    """
    return readable(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))


def _escaped(code: int) -> str:
    return f"%{code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code:02X}"
