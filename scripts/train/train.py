"""Trains and exports the sample models under examples/models.

    .venv/bin/python scripts/train/train.py            all of them
    .venv/bin/python scripts/train/train.py iris-mlp   one
"""

from __future__ import annotations

import importlib
import os
import sys

# More threads change the order of float sums, and with it the trained weights.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

NAMES = ("mnist-cnn", "digits-mlp", "iris-mlp", "breast-cancer-forest", "diabetes-regression")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown sample: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    from sample import write_sample

    for name in names or NAMES:
        build = importlib.import_module(f"samples.{name.replace('-', '_')}").build_sample
        print(f"{name}: {write_sample(build()):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
