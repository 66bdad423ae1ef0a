"""The toy service as a process of its own, as the four services are: `python toy_main.py COMMANDS BALANCES`."""

import sys

from tests.runtime.http.conftest import toy_api
from tests.runtime.toy import toy

from aftersales.runtime.process import run

if __name__ == "__main__":
    with toy(*sys.argv[1:3]) as words:
        run(words.service, lambda parts: [toy_api(words)])
