"""The page: a photo in, the answers of several networks side by side. The only importer of gradio."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported, or the server calls home

from demo.page.build import build
from demo.page.serve import serve

__all__ = ["build", "serve"]
