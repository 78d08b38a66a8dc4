"""Launches the page; the options are those of `python -m demo serve`."""

import sys

from demo.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
