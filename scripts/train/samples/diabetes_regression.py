"""Disease progression one year on, from ten measurements: a scaler and a dense net as skl2onnx writes them."""

from __future__ import annotations

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export import tidy_model
from sample import Sample

SEED = 3
HELD_OUT = 150


def build_sample() -> Sample:
    rng = np.random.default_rng(SEED)
    x, y = load_diabetes(return_X_y=True, scaled=False)
    order = rng.permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    fit_x, fit_y = x[HELD_OUT:], y[HELD_OUT:]

    # The weight penalty by 5-fold cross validation on the training rows.
    pipeline = make_pipeline(
        StandardScaler(),
        MLPRegressor(hidden_layer_sizes=(12,), alpha=300.0, solver="lbfgs", max_iter=5000, random_state=SEED),
    )
    pipeline.fit(fit_x, fit_y)
    model = to_onnx(
        pipeline,
        initial_types=[("measurements", FloatTensorType([None, 10]))],
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    tidy_model(model, "diabetes-regression")

    return Sample(
        name="diabetes-regression",
        title="diabetes progression, a regression 10-12-1",
        about="Takes age, sex, body-mass index, blood pressure and six blood values, unscaled, and gives a score of disease "
        "progression\n(25 to 346 in the data). Trained with scikit-learn, exported with skl2onnx: Scaler, then a dense net.",
        data="Diabetes data of B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, the copy bundled with scikit-learn "
        "(BSD-3-Clause).",
        model=model,
        input_name="measurements",
        row_shape=(10,),
        calibration=fit_x[:100],
        held_out=x[:HELD_OUT],
        truth=y[:HELD_OUT],
        task="regression",
        output=model.graph.output[0].name,
    )
