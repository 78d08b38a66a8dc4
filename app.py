"""Launches the page."""

from demo.page import serve


def main() -> None:
    """Serve the page as Gradio's own environment variables say."""
    serve(_zoo)


def _zoo() -> object:
    from demo.models.zoo import Zoo

    return Zoo()


if __name__ == "__main__":
    main()
