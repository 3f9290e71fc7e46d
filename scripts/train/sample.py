"""One sample model on disk: model.onnx, calibration.json, test.json and a README.md with its measured score."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parents[2] / "examples" / "models"


@dataclass
class Sample:
    """`held_out` and `truth` are rows that training never saw; the first `test_rows` of them go into test.json."""

    name: str
    title: str
    about: str
    data: str
    model: onnx.ModelProto
    input_name: str
    row_shape: tuple[int, ...]
    calibration: np.ndarray
    held_out: np.ndarray
    truth: np.ndarray
    task: str  # "classification" or "regression"
    output: str  # name of the output that is scored
    test_rows: int = 200


def write_sample(sample: Sample) -> float:
    """Scores the exported file with onnxruntime, writes the folder, returns the score on every held-out row."""
    folder = ROOT / sample.name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(sample.model, folder / "model.onnx")
    session = onnxruntime.InferenceSession(sample.model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = np.asarray(session.run([sample.output], {sample.input_name: sample.held_out.astype(np.float32)})[0])
    full = _score(sample, outputs, sample.truth)
    part = _score(sample, outputs[: sample.test_rows], sample.truth[: sample.test_rows])
    kept = min(sample.test_rows, len(sample.held_out))
    _write_rows(folder / "calibration.json", sample, sample.calibration, None)
    _write_rows(folder / "test.json", sample, sample.held_out[:kept], sample.truth[:kept])
    (folder / "README.md").write_text(_readme(sample, session, full, part, kept), encoding="utf-8")
    return full


def _score(sample: Sample, outputs: np.ndarray, truth: np.ndarray) -> float:
    if sample.task == "regression":
        residual = truth - outputs.reshape(-1)
        return float(1 - (residual @ residual) / np.sum((truth - truth.mean()) ** 2))
    predicted = outputs.argmax(axis=1) if outputs.ndim == 2 else outputs
    return float(np.mean(predicted == truth))


def _number(value: float) -> str:
    """The shortest decimal that reads back as the same float32."""
    return np.format_float_positional(np.float32(value), unique=True, trim="-")


def _write_rows(path: Path, sample: Sample, rows: np.ndarray, truth: np.ndarray | None) -> None:
    lines = ",\n".join("[" + ",".join(_number(v) for v in row.reshape(-1)) + "]" for row in rows)
    name = json.dumps(sample.input_name)
    dims = json.dumps([1, *sample.row_shape])
    text = f'{{"format":"zkml-rows/1",\n"count":{len(rows)},\n"inputs":{{{name}:{{"type":"float32","dims":{dims},"rows":[\n'
    text += lines + "\n]}}"
    if truth is not None:
        text += ',\n"labels":[' + ",".join(_number(v) for v in truth) + "]"
    path.write_text(text + "}\n", encoding="utf-8")


def _describe(value: onnxruntime.NodeArg) -> str:
    kind = value.type.removeprefix("tensor(").removesuffix(")").replace("float", "float32")
    return f"`{value.name}`: {kind} [{', '.join('batch' if not isinstance(d, int) else str(d) for d in value.shape)}]"


def _readme(sample: Sample, session: onnxruntime.InferenceSession, full: float, part: float, kept: int) -> str:
    kind = "R²" if sample.task == "regression" else "accuracy"
    opsets = ", ".join(f"{o.domain or 'ai.onnx'} {o.version}" for o in sample.model.opset_import)
    ops = ", ".join(dict.fromkeys(node.op_type for node in sample.model.graph.node))
    parameters = sum(int(np.prod(t.dims)) for t in sample.model.graph.initializer)
    source = session.get_inputs()[0]
    results = "; ".join(_describe(o) for o in session.get_outputs())
    size = f"{parameters:,} weights" if parameters else "no weight tensors (the tree is an attribute)"
    return f"""# {sample.name}: {sample.title}

{sample.about}

| | |
| --- | --- |
| input | {_describe(source)} |
| outputs | {results} |
| operators | {ops} |
| opset | {opsets} |
| size | {size} |
| {kind}, {len(sample.held_out)} held-out rows | {full:.4f} |
| {kind}, the {kept} rows of `test.json` | {part:.4f} |

Scores are of the exported file, run by onnxruntime {onnxruntime.__version__}. `calibration.json` holds
{len(sample.calibration)} rows of the training set; `test.json` holds {kept} rows that training never saw, with the true
{"values" if sample.task == "regression" else "labels"} under `labels`. Both are in the `zkml-rows/1` layout.

## Train it again

```
python3 -m venv .venv
.venv/bin/pip install -r scripts/train/requirements.txt
.venv/bin/python scripts/train/train.py {sample.name}
```

## Data

{sample.data}

The weights are the project's own, trained by `scripts/train`; they carry the project's licence.
"""
