"""The page: a photo in, the answers of several networks side by side. The only importer of gradio."""

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported, or the server calls home

from demo.address import check_environment, without_proxies


@contextmanager
def _without_stubs() -> Iterator[None]:
    """Gradio writes a .pyi beside each component as its class is made, a third of the time that its import takes.

    It writes none of a component whose file it cannot find.
    """
    find = inspect.getfile

    def find_no_component(thing: Any) -> str:
        if type(thing).__name__ == "ComponentMeta":
            raise OSError
        return find(thing)

    vars(inspect)["getfile"] = find_no_component
    try:
        yield
    finally:
        vars(inspect)["getfile"] = find


check_environment()
# Gradio opens a client as it is imported, which fails on a proxy of an odd kind.
with without_proxies(), _without_stubs():
    from demo.page.build import build
    from demo.page.serve import serve

__all__ = ["build", "serve"]
