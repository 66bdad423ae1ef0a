"""The process that owns a stack: `python -m aftersales_local.daemon HOME OPTIONS`, started by `launch`.

It hears on its standard input and ends when that closes, so that a stack never outlives who asked for it; the line
`stay` lets it go on alone. It says on its standard output one JSON object a line: `said`, then `ready` or `failed`.
"""

import json
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

from aftersales.errors import Failure
from aftersales_local.launch import STAY
from aftersales_local.options import Options
from aftersales_local.stack import LocalStack
from aftersales_local.supervisor import Stopped


def main(home: Path, options: Options) -> int:
    stack = LocalStack(home, options, say=lambda sentence: tell(said=sentence))
    end_on_signals(stack.supervisor.stopping)
    threading.Thread(target=end_with_the_owner, args=(stack.supervisor.stopping,), daemon=True).start()
    try:
        stack.start()
        tell(ready=True)
        stack.watch()
    except Stopped:
        return 0
    except Failure as problem:
        tell(failed=problem.sentence)
        print(problem.sentence, file=sys.stderr)
        return problem.exit_code
    except Exception as problem:
        tell(failed=f"The stack stopped on an error of its own ({type(problem).__name__}). See {home / 'logs'}.")
        raise
    finally:
        stack.stop()
    return 0


def end_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)


def end_with_the_owner(stopping: threading.Event) -> None:
    # Unbuffered: a buffered reader cannot be left by a thread that still reads when the interpreter ends.
    with open(0, "rb", buffering=0, closefd=False) as owner:
        for line in owner:
            if line.decode().strip() == STAY:
                return
    stopping.set()


def tell(**words: object) -> None:
    # The owner may be gone; then nobody needs to know.
    with suppress(OSError, ValueError):
        print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Options.read(sys.argv[2])))
