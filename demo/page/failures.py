"""What a visitor reads when something fails: a DemoError's own sentence, or a reference to the server's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import isgeneratorfunction
from secrets import token_hex
from typing import Any, TypeVar, cast

import gradio as gr

from demo.errors import DemoError

log = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])


def guarded(function: F) -> F:
    """The event handler, with every exception turned into a gr.Error that says what to do."""
    if isgeneratorfunction(function):

        @wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Iterator[Any]:
            try:
                yield from function(*args, **kwargs)
            except Exception as error:
                raise sentence(error) from error

        return cast(F, generate)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise sentence(error) from error

    return cast(F, call)


def sentence(error: Exception) -> gr.Error:
    """What to show for an error; an unexpected one is logged under a reference that the visitor can quote."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, DemoError):
        return gr.Error(str(error), duration=15, title="That did not work", print_exception=False)
    reference = token_hex(3)
    log.error("Unexpected failure %s", reference, exc_info=error)
    text = f"Something unexpected happened here. If it happens again, report it with the reference {reference}."
    return gr.Error(text, duration=15, title="Our mistake", print_exception=False)
