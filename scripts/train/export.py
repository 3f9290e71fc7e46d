"""Writes a Net as an ONNX file the way common exporters lay it out: Conv, Relu, Flatten, Gemm, dynamic batch."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from net import Conv, Dense, Flatten, Net, Relu

OPSET = 17
IR_VERSION = 8


def export_net(net: Net, *, name: str, input_name: str, input_shape: tuple[int, ...], output_name: str) -> onnx.ModelProto:
    """`input_shape` is without the batch, which stays a free dimension called `batch`. Weights are float32."""
    nodes, weights = [], []
    value, width = input_name, 0
    counts: dict[str, int] = {}

    for position, layer in enumerate(net.layers):
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        node_name = f"{kind}{counts[kind]}"
        result = output_name if position == len(net.layers) - 1 else f"{node_name}_out"
        inputs = [value]
        if isinstance(layer, (Conv, Dense)):
            width = len(layer.bias)
            weight = layer.weight.T if isinstance(layer, Dense) else layer.weight
            for suffix, array in (("weight", weight), ("bias", layer.bias)):
                tensor_name = f"{node_name}.{suffix}"
                weights.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), tensor_name))
                inputs.append(tensor_name)
        match layer:
            case Conv():
                attributes = {
                    "kernel_shape": [layer.size] * 2,
                    "strides": [layer.stride] * 2,
                    "pads": [layer.pad] * 4,
                    "dilations": [1, 1],
                    "group": 1,
                }
                nodes.append(helper.make_node("Conv", inputs, [result], name=node_name, **attributes))
            case Dense():
                nodes.append(helper.make_node("Gemm", inputs, [result], name=node_name, transB=1))
            case Relu():
                nodes.append(helper.make_node("Relu", inputs, [result], name=node_name))
            case Flatten():
                nodes.append(helper.make_node("Flatten", inputs, [result], name=node_name, axis=1))
        value = result

    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["batch", *input_shape])],
        [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, ["batch", width])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="zkinfer-samples")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model


def tidy_model(model: onnx.ModelProto, name: str) -> None:
    """Names the graph and lists each operator set once: a converter may list a domain again for a second operator."""
    model.graph.name = name
    versions: dict[str, int] = {}
    for opset in model.opset_import:
        domain = "" if opset.domain == "ai.onnx" else opset.domain
        versions[domain] = max(versions.get(domain, 0), opset.version)
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in versions.items())
