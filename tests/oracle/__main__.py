"""`make oracle`: random stories, told by the oracle and by the product."""

import argparse
import gc
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.oracle.compare import differs, product_says, shrunk
from tests.oracle.generate import story

CHUNK: Final = 100


def main() -> int:
    said = _arguments()
    begun, done, differing = time.monotonic(), 0, 0
    seeds = range(said.seed, said.seed + said.stories)
    with ProcessPoolExecutor(said.processes) as pool:
        for first, found in zip(seeds[::CHUNK], pool.map(differences, chunks(seeds)), strict=True):
            done += min(CHUNK, seeds[-1] + 1 - first)
            for each in found:
                differing += 1
                _tell(each, said.out)
            print(f"\r{done} of {said.stories} stories, {differing} differ", end="", file=sys.stderr, flush=True)
            if differing >= said.most:
                break
    print(f"\n{done} stories in {time.monotonic() - begun:.0f} s, {differing} differ")
    return 1 if differing else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make oracle", description="Random stories by the oracle and by the product.")
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first story; the next ones count on")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--most", type=int, default=5, help="stop after so many that differ")
    parser.add_argument("--out", type=Path, default=Path(), help="where stories that differ are written")
    return parser.parse_args()


def chunks(seeds: range) -> list[range]:
    return [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]


def differences(seeds: range) -> list[dict[str, Any]]:
    """Of each story that differs the shortest that still does."""
    # What a story leaves behind is collected once a hundred stories: that saves a tenth of the time.
    gc.disable()
    gc.collect()
    found = (story(seed) for seed in seeds)
    return [shrunk(each) for each in found if differs(each)]


def _tell(found: dict[str, Any], folder: Path) -> None:
    path = folder / f"{found['title'].replace(' ', '-')}.json"
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(f"\n{path}: run `aftersales story {path}`; the file says what the oracle expects, the product differs:")
    for sentence in product_says(found):
        print(f"  {sentence}")


if __name__ == "__main__":
    sys.exit(main())
