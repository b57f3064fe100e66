"""Serve a store until SIGTERM: python -m tests.api.server FOLDER DELAY [KEY=VALUE ...]. Prints its address."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from footfall.answers import Answers
from footfall.api import serve
from footfall.settings import load
from footfall.store import open_store


def main(folder: Path, delay: float, flags: Mapping[str, object]) -> None:
    """Serve; asking how far the log goes takes `delay` seconds."""

    def ends() -> Mapping[str, int]:
        time.sleep(delay)
        return {}

    store = open_store(folder / "store.db")
    serve(load(environ={}, flags=flags), Answers(store, ends, time.time), lambda address: print(address, flush=True))
    store.close()
    print(json.dumps(sorted(sys.modules)), flush=True)


if __name__ == "__main__":
    pairs = [argument.partition("=") for argument in sys.argv[3:]]
    lists = {"api.hosts", "api.cors_origins"}
    chosen = {key: value.split() if key in lists else value for key, _, value in pairs}
    main(Path(sys.argv[1]), float(sys.argv[2]), chosen)
