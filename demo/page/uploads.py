"""The folder of uploads: this server's own, never so full that the disk is, and free of what was broken off."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from gradio.utils import get_upload_folder

FREE: Final = 1_000_000_000
"""Bytes of the disk that uploads leave free."""
FULL: Final = "This server's disk is full just now; try again in an hour, when older photos are gone."


def own_folder() -> None:
    """Uploads go from now on to a folder that ends with this process, unless the host has named one.

    Gradio's usual one is shared by all its servers on a machine. Call it before the page is built.
    """
    if not os.environ.get("GRADIO_TEMP_DIR"):
        folder = os.environ["GRADIO_TEMP_DIR"] = mkdtemp(prefix="segmentation-zoo-uploads-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def room() -> bool:
    """Whether the disk can take another upload."""
    folder = Path(get_upload_folder())
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free > FREE


class Leftovers:
    """What Gradio never deletes: uploads that were broken off or named otherwise than `files`, and empty folders."""

    def forget(self, kept: float) -> None:
        """Let go what nobody has changed in so many seconds."""
        for path in Path(get_upload_folder()).glob("*"):
            with suppress(OSError):  # it is gone already, or no empty folder
                about = path.lstat()
                if time.time() - about.st_ctime <= kept:
                    continue
                path.rmdir() if stat.S_ISDIR(about.st_mode) else path.unlink()

    def close(self) -> None:
        """The folder goes as a whole; one that the host has named may be another server's too."""
