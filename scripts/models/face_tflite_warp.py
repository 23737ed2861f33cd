"""MediaPipe's custom operators as plain ONNX: mediapipe/util/tflite/operations, version 2.

An affine map lies in a [1, 4, 4] tensor: rows 0 and 1, columns 0, 1 and 3.
"""

import numpy as np
from flatbuffers import flexbuffers

RAW, NCHW = "raw", "nchw"


def _cut(graph, value, first, last, axis):
    bounds = [graph.store_ints([at]) for at in (first, last, axis)]
    return graph.node("Slice", [value, *bounds])


def _matrix(graph, tensor):
    """The 2 x 2 part and the shift (2 x 1) of an affine map."""
    square = graph.node("Reshape", [graph.raw(tensor), graph.store_ints([4, 4])])
    rows = _cut(graph, square, 0, 2, 0)
    return _cut(graph, rows, 0, 2, 1), _cut(graph, rows, 3, 4, 1)


def transpose_convolution(graph, blob, inputs):
    """Convolution2DTransposeBias, kernel = stride. Options: padding, stride_w, stride_h (int32)."""
    _, stride_w, stride_h = (int(v) for v in np.frombuffer(blob, np.int32)[:3])
    weights = graph.floats(inputs[1]).transpose(3, 0, 1, 2)
    assert weights.shape[2:] == (stride_h, stride_w)
    value = graph.node(
        "ConvTranspose",
        [graph.nchw(inputs[0]), graph.store(weights), graph.store(graph.floats(inputs[2]))],
        kernel_shape=[stride_h, stride_w],
        strides=[stride_h, stride_w],
    )
    return NCHW, value


class _Arithmetic:
    """Formulas over ONNX values."""

    def __init__(self, graph):
        self.graph = graph

    def add(self, a, b):
        return self.graph.node("Add", [a, b])

    def sub(self, a, b):
        return self.graph.node("Sub", [a, b])

    def mul(self, a, b):
        return self.graph.node("Mul", [a, b])

    def scale(self, a, factor):
        return self.mul(a, self.graph.store_floats([factor]))


def landmarks_to_matrix(graph, blob, inputs):
    """Landmarks2TransformMatrix: the upright box around some landmarks as a map from the crop to
    the image. Turns by target - atan2(right - left); the sine and cosine come from the sides of
    that triangle, so that no trigonometry is needed."""
    options, m = flexbuffers.Loads(blob), _Arithmetic(graph)
    landmarks = graph.raw(inputs[0])  # [1, 468, 3]

    def pick(indexes):
        chosen = graph.node("Gather", [landmarks, graph.store_ints(indexes)], axis=1)
        return graph.node("Reshape", [chosen, graph.store_ints([len(indexes), 3])])

    left, right = pick([options["left_rotation_idx"]]), pick([options["right_rotation_idx"]])
    along = graph.node("Reshape", [m.sub(right, left), graph.store_ints([3])])
    dx, dy = _cut(graph, along, 0, 1, 0), _cut(graph, along, 1, 2, 0)
    length = graph.node("Sqrt", [m.add(m.mul(dx, dx), m.mul(dy, dy))])
    cos_a, sin_a = graph.node("Div", [dx, length]), graph.node("Div", [dy, length])
    target = options["target_rotation_radians"]
    cos_t, sin_t = np.cos(target), np.sin(target)
    cos = m.add(m.scale(cos_a, cos_t), m.scale(sin_a, sin_t))
    sin = m.sub(m.scale(cos_a, sin_t), m.scale(sin_a, cos_t))

    points = pick(list(options["subset_idxs"]))
    column = [graph.node("Gather", [points, graph.store_ints(k)], axis=1) for k in (0, 1)]
    turned_x = m.sub(m.mul(column[0], cos), m.mul(column[1], sin))
    turned_y = m.add(m.mul(column[0], sin), m.mul(column[1], cos))
    high = [graph.node("ReduceMax", [v], keepdims=1) for v in (turned_x, turned_y)]
    low = [graph.node("ReduceMin", [v], keepdims=1) for v in (turned_x, turned_y)]
    middle = [m.scale(m.add(top, bottom), 0.5) for top, bottom in zip(high, low)]
    centre_x = m.add(m.mul(middle[0], cos), m.mul(middle[1], sin))
    centre_y = m.sub(m.mul(middle[1], cos), m.mul(middle[0], sin))

    width, height = options["output_width"], options["output_height"]
    scale_x = m.scale(m.sub(high[0], low[0]), options["scale_x"] / width)
    scale_y = m.scale(m.sub(high[1], low[1]), options["scale_y"] / height)
    a, b = m.mul(cos, scale_x), m.mul(sin, scale_y)
    c, d = graph.node("Neg", [m.mul(sin, scale_x)]), m.mul(cos, scale_y)
    shift_x = m.add(centre_x, m.add(m.scale(a, -width / 2), m.scale(b, -height / 2)))
    shift_y = m.add(centre_y, m.add(m.scale(c, -width / 2), m.scale(d, -height / 2)))
    zero, one = graph.store_floats([0]), graph.store_floats([1])
    rows = [a, b, zero, shift_x, c, d, zero, shift_y, zero, zero, one, zero, zero, zero, zero, one]
    square = graph.node("Concat", rows, axis=0)
    return RAW, graph.node("Reshape", [square, graph.store_ints([1, 4, 4])])


def sample_features(graph, blob, inputs):
    """TransformTensorBilinear: a crop of the features; outside is zero."""
    options = flexbuffers.Loads(blob)
    in_height, in_width = graph.shape(inputs[0])[1:3]
    height, width = options["output_height"], options["output_width"]
    turn, shift = _matrix(graph, inputs[1])
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    corners = graph.store_floats(np.stack([x.ravel(), y.ravel()]))
    m = _Arithmetic(graph)
    at = m.sub(m.add(graph.node("MatMul", [turn, corners]), shift), graph.store_floats(0.5))
    # GridSample without align_corners: pixel = ((grid + 1) * side - 1) / 2.
    unit = m.mul(at, graph.store_floats([[2 / in_width], [2 / in_height]]))
    grid = m.add(unit, graph.store_floats([[1 / in_width - 1], [1 / in_height - 1]]))
    grid = graph.node("Transpose", [grid], perm=[1, 0])
    grid = graph.node("Reshape", [grid, graph.store_ints([1, height, width, 2])])
    sampled = graph.node(
        "GridSample",
        [graph.nchw(inputs[0]), grid],
        mode="bilinear",
        padding_mode="zeros",
        align_corners=0,
    )
    return NCHW, sampled


def move_landmarks(graph, blob, inputs):
    """TransformLandmarks: x and y through the map, z as it was."""
    shape = graph.shape(inputs[0])
    dimensions = flexbuffers.Loads(blob)["dimensions"] if blob else shape[-1]
    turn, shift = _matrix(graph, inputs[1])
    points = graph.node("Reshape", [graph.raw(inputs[0]), graph.store_ints([-1, dimensions])])
    plane = points if dimensions == 2 else _cut(graph, points, 0, 2, 1)
    turned = graph.node("MatMul", [plane, graph.node("Transpose", [turn], perm=[1, 0])])
    shift = graph.node("Reshape", [shift, graph.store_ints([1, 2])])
    moved = graph.node("Add", [turned, shift])
    if dimensions == 3:
        moved = graph.node("Concat", [moved, _cut(graph, points, 2, 3, 1)], axis=1)
    return RAW, graph.node("Reshape", [moved, graph.store_ints(shape)])


WARPS = {
    "Convolution2DTransposeBias": transpose_convolution,
    "Landmarks2TransformMatrix": landmarks_to_matrix,
    "TransformTensorBilinear": sample_features,
    "TransformLandmarks": move_landmarks,
}
