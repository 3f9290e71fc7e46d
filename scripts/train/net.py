"""A small feed-forward net in numpy: layers with exact gradients, Adam, one training loop.

Tensors are float32, images are N x channels x height x width. Everything is seeded by the caller, so the
same machine and library versions give the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator

import numpy as np

Array = np.ndarray


class Dense:
    """y = x W + b with W of shape (inputs, outputs)."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        scale = np.sqrt(2.0 / inputs)
        self.weight = (rng.standard_normal((inputs, outputs)) * scale).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)

    def parameters(self) -> list[Array]:
        return [self.weight, self.bias]

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad: Array) -> Array:
        self.gradients = [self.x.T @ grad, grad.sum(axis=0)]
        return grad @ self.weight.T


class Conv:
    """2-D cross-correlation without dilation or groups; the weight has shape (outputs, inputs, size, size)."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int, pad: int, rng: np.random.Generator) -> None:
        scale = np.sqrt(2.0 / (inputs * size * size))
        self.weight = (rng.standard_normal((outputs, inputs, size, size)) * scale).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)
        self.size, self.stride, self.pad = size, stride, pad

    def parameters(self) -> list[Array]:
        return [self.weight, self.bias]

    def forward(self, x: Array) -> Array:
        p = self.pad
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        self.padded_shape = padded.shape
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.size, self.size), axis=(2, 3))
        windows = windows[:, :, :: self.stride, :: self.stride]
        self.out_h, self.out_w = windows.shape[2:4]
        n = x.shape[0]
        columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * self.out_h * self.out_w, -1)
        self.columns = np.ascontiguousarray(columns)
        y = self.columns @ self.weight.reshape(len(self.bias), -1).T + self.bias
        return y.reshape(n, self.out_h, self.out_w, -1).transpose(0, 3, 1, 2)

    def backward(self, grad: Array) -> Array:
        n, channels, height, width = self.padded_shape
        flat = np.ascontiguousarray(grad.transpose(0, 2, 3, 1)).reshape(-1, len(self.bias))
        self.gradients = [(flat.T @ self.columns).reshape(self.weight.shape), flat.sum(axis=0)]
        columns = (flat @ self.weight.reshape(len(self.bias), -1)).reshape(
            n, self.out_h, self.out_w, channels, self.size, self.size
        )
        back = np.zeros(self.padded_shape, np.float32)
        for i in range(self.size):
            for j in range(self.size):
                rows = slice(i, i + self.stride * self.out_h, self.stride)
                cols = slice(j, j + self.stride * self.out_w, self.stride)
                back[:, :, rows, cols] += columns[..., i, j].transpose(0, 3, 1, 2)
        p = self.pad
        return back[:, :, p : height - p, p : width - p]


class Relu:
    def parameters(self) -> list[Array]:
        return []

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad: Array) -> Array:
        self.gradients = []
        return grad * self.mask


class Flatten:
    def parameters(self) -> list[Array]:
        return []

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, grad: Array) -> Array:
        self.gradients = []
        return grad.reshape(self.shape)


Layer = Dense | Conv | Relu | Flatten


@dataclass
class Net:
    layers: list[Layer]

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad: Array) -> None:
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def parameters(self) -> list[Array]:
        return [p for layer in self.layers for p in layer.parameters()]

    def gradients(self) -> list[Array]:
        return [g for layer in self.layers for g in layer.gradients]


def cross_entropy_gradient(logits: Array, labels: Array) -> Array:
    """Gradient of the mean softmax cross entropy."""
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exp / exp.sum(axis=1, keepdims=True)
    probabilities[np.arange(len(labels)), labels] -= 1
    return (probabilities / len(labels)).astype(np.float32)


def squared_error_gradient(outputs: Array, targets: Array) -> Array:
    """Gradient of half the mean squared error of a one-column output."""
    return ((outputs - targets[:, None]) / len(targets)).astype(np.float32)


def train(
    net: Net,
    batches: Callable[[], Iterator[tuple[Array, Array]]],
    loss_gradient: Callable[[Array, Array], Array],
    *,
    epochs: int,
    rate: float,
    decay: float = 0.0,
) -> None:
    """Adam with a cosine learning rate and decoupled weight decay; `batches()` yields one epoch of (x, target)."""
    parameters = net.parameters()
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    step = 0
    for epoch in range(epochs):
        lr = rate * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for x, target in batches():
            step += 1
            net.backward(loss_gradient(net.forward(x), target))
            for p, g, m, v in zip(parameters, net.gradients(), first, second):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                update = (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
                p -= (lr * (update + decay * p)).astype(np.float32)


def shuffled_batches(
    x: Array, target: Array, size: int, rng: np.random.Generator, augment: Callable[[Array], Array] | None = None
) -> Callable[[], Iterator[tuple[Array, Array]]]:
    """Batches of `size` rows in a new order each epoch; `augment` may change each batch of inputs."""

    def epoch() -> Iterator[tuple[Array, Array]]:
        order = rng.permutation(len(x))
        for at in range(0, len(order), size):
            rows = order[at : at + size]
            yield (augment(x[rows]) if augment else x[rows]), target[rows]

    return epoch


def fold_input_scaling(net: Net, mean: Array | float, deviation: Array | float) -> None:
    """Rewrites the first layer so that the net takes raw inputs x instead of (x - mean) / deviation.

    A first convolution needs mean 0 (its padding is zeros) and one deviation for all pixels.
    """
    first = net.layers[0]
    if isinstance(first, Conv):
        if np.any(mean != 0) or np.ndim(deviation) != 0:
            raise ValueError("a convolution can fold one scale factor only")
        first.weight /= np.float32(deviation)
    elif isinstance(first, Dense):
        weight = first.weight / np.asarray(deviation, np.float32).reshape(-1, 1)
        first.bias -= np.broadcast_to(np.asarray(mean, np.float32), len(weight)) @ weight
        first.weight = weight.astype(np.float32)
    else:
        raise ValueError("the first layer has no weights")
