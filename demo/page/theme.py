"""Colours, font and spacing of the page; every text on it has the contrast that WCAG AA asks for."""

from __future__ import annotations

import gradio as gr

USED = (
    "body-background-fill", "body-text-color", "body-text-color-subdued", "border-color-primary",
    "primary-400", "primary-600", "primary-700", "primary-800",
)  # fmt: skip
"""The variables of Gradio's that the styles in web/css speak of."""


def theme() -> gr.themes.Base:
    return gr.themes.Default(
        primary_hue="teal",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_background_fill="#f6f8f9",
        body_background_fill_dark="#0c1117",
        background_fill_primary_dark="#141b23",
        background_fill_secondary_dark="#10161d",
        block_background_fill_dark="#141b23",
        border_color_primary="#dde3e8",
        border_color_primary_dark="#27313c",
        block_border_width="1px",
        block_radius="10px",
        block_shadow="none",
        block_shadow_dark="none",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_600",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        checkbox_background_color_selected="*primary_700",
        color_accent="*primary_700",
    )


def variables() -> str:
    """Those that the styles use, as CSS, for a page that has no Gradio: light, and dark below body.dark."""
    looks = theme()

    def value(name: str, ending: str) -> str:
        found = str(getattr(looks, name + ending, None) or getattr(looks, name))
        return value(found[1:], ending) if found.startswith("*") else found

    def rule(where: str, ending: str) -> str:
        told = " ".join(f"--{name}: {value(name.replace('-', '_'), ending)};" for name in USED)
        return f"{where} {{ {told} }}"

    return f"{rule('body', '')}\n{rule('body.dark', '_dark')}"
