"""The page: a photo in, the answers of several networks side by side. The only importer of gradio."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported, or the server calls home

from demo.address import check_environment, without_proxies

check_environment()
with without_proxies():  # Gradio opens a client as it is imported, which fails on a proxy of an odd kind
    from demo.page.build import build
    from demo.page.serve import serve

__all__ = ["build", "serve"]
