"""Breast-cancer diagnosis from thirty measurements: a random forest as skl2onnx writes it."""

from __future__ import annotations

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from export import tidy_model
from sample import Sample

SEED = 5
HELD_OUT = 200


def build_sample() -> Sample:
    rng = np.random.default_rng(SEED)
    x, y = load_breast_cancer(return_X_y=True)
    order = rng.permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    fit_x, fit_y = x[HELD_OUT:], y[HELD_OUT:]

    # Size and depth by 5-fold cross validation on the training rows.
    forest = RandomForestClassifier(n_estimators=10, max_depth=6, min_samples_leaf=3, random_state=SEED)
    forest.fit(fit_x, fit_y)
    model = to_onnx(
        forest,
        initial_types=[("measurements", FloatTensorType([None, 30]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    tidy_model(model, "breast-cancer-forest")

    return Sample(
        name="breast-cancer-forest",
        title="breast-cancer diagnosis, a forest of 10 trees",
        about="Takes thirty measurements of cell nuclei and gives the label (0 malignant, 1 benign) and two probabilities.\n"
        "Trained with scikit-learn, exported with skl2onnx: one TreeEnsembleClassifier node.",
        data="Wisconsin diagnostic breast cancer, the copy bundled with scikit-learn (BSD-3-Clause; W. H. Wolberg, W. N. Street,\n"
        "O. L. Mangasarian, UCI Machine Learning Repository, CC BY 4.0).",
        model=model,
        input_name="measurements",
        row_shape=(30,),
        calibration=fit_x[:200],
        held_out=x[:HELD_OUT],
        truth=y[:HELD_OUT],
        task="classification",
        output=model.graph.output[0].name,
    )
