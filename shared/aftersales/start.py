"""Where the command begins: an interruption is answered before anything slow has been imported."""

import sys

try:
    from aftersales.cli import main
except KeyboardInterrupt:
    sys.stderr.write("Stopped.\n")
    sys.exit(130)

__all__ = ["main"]
