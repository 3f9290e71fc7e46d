"""Handwritten digits, 8 x 8 pixels: a dense net."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from export import export_net
from net import Dense, Net, Relu, cross_entropy_gradient, fold_input_scaling, shuffled_batches, train
from sample import Sample

SEED = 11
HELD_OUT = 400


def build_sample() -> Sample:
    rng = np.random.default_rng(SEED)
    x, y = load_digits(return_X_y=True)
    order = rng.permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    fit_x, fit_y = x[HELD_OUT:], y[HELD_OUT:]

    net = Net([Dense(64, 32, rng), Relu(), Dense(32, 10, rng)])
    batches = shuffled_batches(fit_x / 16, fit_y, 32, rng)
    train(net, batches, cross_entropy_gradient, epochs=60, rate=5e-3, decay=1e-2)
    fold_input_scaling(net, 0.0, 16.0)

    return Sample(
        name="digits-mlp",
        title="handwritten digits, 64-32-10",
        about="Takes the 64 grey values 0..16 of an 8 x 8 digit and gives ten logits.",
        data="The optical digits of E. Alpaydin and C. Kaynak, the copy bundled with scikit-learn (BSD-3-Clause; UCI Machine "
        "Learning\nRepository, CC BY 4.0).",
        model=export_net(net, name="digits-mlp", input_name="pixels", input_shape=(64,), output_name="logits"),
        input_name="pixels",
        row_shape=(64,),
        calibration=fit_x[:100],
        held_out=x[:HELD_OUT],
        truth=y[:HELD_OUT],
        task="classification",
        output="logits",
    )
