"""Whether the page is well, for whoever watches it: a container, a proxy, a monitor."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import demo
from demo.page.blocks import PageBlocks


def health(blocks: PageBlocks) -> Route:
    """The way /health: what is loaded and who waits. It asks no network and tells nothing of any visitor."""

    def answer(request: Request) -> JSONResponse:
        networks = blocks.networks
        return JSONResponse(
            {
                "status": "ok" if networks.ready else "loading",
                "version": demo.__version__,
                "loaded": list(networks.loaded()),
                "waiting": blocks.line.waiting(),
            },
            headers={"Cache-Control": "no-store"},
        )

    return Route("/health", answer)
