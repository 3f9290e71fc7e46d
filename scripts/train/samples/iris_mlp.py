"""Iris flowers: the smallest sample, for fast tests."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_iris

from export import export_net
from net import Dense, Net, Relu, cross_entropy_gradient, fold_input_scaling, shuffled_batches, train
from sample import Sample

SEED = 7
HELD_OUT = 50


def build_sample() -> Sample:
    rng = np.random.default_rng(SEED)
    x, y = load_iris(return_X_y=True)
    order = rng.permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    fit_x, fit_y = x[HELD_OUT:], y[HELD_OUT:]
    mean, deviation = fit_x.mean(axis=0), fit_x.std(axis=0)

    net = Net([Dense(4, 8, rng), Relu(), Dense(8, 3, rng)])
    batches = shuffled_batches((fit_x - mean) / deviation, fit_y, 16, rng)
    train(net, batches, cross_entropy_gradient, epochs=120, rate=1e-2, decay=1e-2)
    fold_input_scaling(net, mean, deviation)

    return Sample(
        name="iris-mlp",
        title="iris flowers, 4-8-3",
        about="Takes sepal length, sepal width, petal length and petal width in centimetres and gives one logit each for setosa, "
        "versicolor\nand virginica. Standardization is folded into the first layer.",
        data="Fisher's iris data, the copy bundled with scikit-learn (BSD-3-Clause; UCI Machine Learning Repository, CC BY 4.0).",
        model=export_net(net, name="iris-mlp", input_name="measurements", input_shape=(4,), output_name="logits"),
        input_name="measurements",
        row_shape=(4,),
        calibration=fit_x,
        held_out=x[:HELD_OUT],
        truth=y[:HELD_OUT],
        task="classification",
        output="logits",
    )
