"""Numbers as the documents show them, and their tables."""

from __future__ import annotations

from collections.abc import Sequence

MB, GB = 1e6, 1e9


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def s(seconds: float) -> str:
    """
    >>> s(0.01234), s(0.4567), s(12.34)
    ('12 ms', '0.46 s', '12.3 s')
    """
    if seconds < 0.1:
        return ms(seconds)
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms" if seconds >= 0.0095 else f"{1e3 * seconds:.1f} ms"


def times(ratio: float) -> str:
    return f"{ratio:.2f} x" if ratio < 9.95 else f"{ratio:.0f} x"


def share(value: float) -> str:
    """Rounded down, so that 100 % means every pixel.

    >>> share(1.0), share(0.99999)
    ('100 %', '99.99 %')
    """
    return "100 %" if value == 1 else f"{int(value * 1e4) / 100:.2f} %"


def amount(value: float | None, estimate: float | None = None) -> str:
    if value is None:
        return f"({gb(estimate)})" if estimate else "unmeasured"
    return mb(value) if value < GB else gb(value)


def kb(value: float) -> str:
    return f"{value / 1e3:.0f} kB"


def mb(value: float) -> str:
    return f"{value / MB:.0f} MB"


def gb(value: float | None) -> str:
    return "" if value is None else f"{value / GB:.1f} GB"
