"""python -m demo"""

import sys

try:
    from demo.cli import main
except ModuleNotFoundError as error:  # numpy, say, where nothing is installed yet: no command can tell
    print(f"error: The package {error.name} is not installed: pip install -r requirements.txt", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main())
