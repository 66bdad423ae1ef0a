"""`aftersales addresses`: where the running stack is, for a shell to take in."""

import shlex

from aftersales.errors import Failure
from aftersales_local import state
from aftersales_local.commands import Home
from aftersales_local.places import HOME


def addresses(home: Home = HOME) -> None:
    """Print the running stack's addresses; `eval "$(aftersales addresses)"` takes them into a shell."""
    stack = state.running(state.meant(home))
    if stack is None:
        raise Failure("No stack is running. Start it with `aftersales up`.", exit_code=1)
    # Not KAFKA_BOOTSTRAP_SERVERS: `aftersales up` in the same shell would take that for a broker of the person's own.
    found = {"KAFKA": stack.bootstrap}
    found |= {name.upper().replace("-", "_"): address for name, address in stack.addresses.items()}
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")
