"""The folder of uploads: this server's own, never so full that the disk is, and emptied in time."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import gradio as gr
from gradio.utils import get_upload_folder

FREE: Final = 1_000_000_000
"""Bytes of the disk that uploads leave free."""
OWN: Final = "segmentation-zoo-uploads-"
FULL: Final = "This server's disk is full just now; try again in an hour, when older photos are gone."


def own_folder() -> None:
    """Uploads go from now on to a folder that ends with this process, below the one that the host has named.

    Others may use that one too, and Gradio's usual one is shared by all its servers on a machine. Call it before the
    page is built.
    """
    named = os.environ.get("GRADIO_TEMP_DIR")
    if named and Path(named).name.startswith(OWN):
        return
    if named:
        Path(named).mkdir(parents=True, exist_ok=True)
    folder = os.environ["GRADIO_TEMP_DIR"] = mkdtemp(prefix=OWN, dir=named or None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def room() -> bool:
    """Whether the disk can take another upload."""
    folder = Path(get_upload_folder())
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free > FREE


class Uploads:
    """What visitors sent and were handed: deleted in time, whatever Gradio would make of it.

    Gradio's own schedule ends for good when a file comes while it looks, and never deletes what was broken off, what
    was named otherwise than `files`, or a folder that is empty.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        self._blocks = blocks

    def forget(self, kept: float) -> None:
        """Let go what nobody has changed in so many seconds."""
        always = {file for block in self._blocks.blocks.values() for file in getattr(block, "keep_in_cache", ())}
        for files in self._blocks.temp_file_sets:
            for file in set(files) - always:
                if _gone(Path(file), kept):
                    files.discard(file)
        folder = Path(get_upload_folder())
        if folder.name.startswith(OWN):  # in any other there may be what is not ours
            for path in folder.glob("*"):
                _gone(path, kept)

    def close(self) -> None:
        """The folder goes as a whole when the process ends."""


def _gone(path: Path, kept: float) -> bool:
    """Whether a file or an empty folder is gone: it is deleted when it is older than that."""
    try:
        about = path.lstat()
        if time.time() - about.st_ctime <= kept:
            return False
        path.rmdir() if stat.S_ISDIR(about.st_mode) else path.unlink()
    except FileNotFoundError:
        return True
    except OSError:  # a folder that holds something
        return False
    return True
