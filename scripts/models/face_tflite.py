"""TensorFlow Lite -> ONNX for the operators that MediaPipe's face networks use.

TensorFlow Lite is NHWC, ONNX's convolutions are NCHW: every tensor is kept in the layout it was
made in and transposed only where an operator asks for the other one. The custom operators of the
attention mesh are lowered to plain ones in face_tflite_warp.py.
"""

import numpy as np
import tflite
from face_tflite_warp import WARPS
from onnx import TensorProto, helper, numpy_helper

_OPERATOR_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64}
RAW, NCHW = "raw", "nchw"


class Graph:
    """One subgraph on its way to ONNX."""

    # Kernels of fewer weights stay as they are.
    NARROWED_MIN = 1024

    def __init__(self, tflite_bytes, narrows=False):
        """narrows: kernels are kept in 8 bits, a scale for each output."""
        self.narrows = narrows
        self.model = tflite.Model.GetRootAsModel(tflite_bytes, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes, self.initialisers, self.count = [], {}, 0
        self.made = {}  # tensor -> {layout: ONNX name}
        self.widened = {}  # tensor -> float32 constant that DEQUANTIZE made of float16

    def convert(self):
        inputs, outputs = [], []
        for tensor in map(int, self.graph.InputsAsNumpy()):
            name = self.graph.Tensors(tensor).Name().decode()
            self.made[tensor] = {RAW: name}
            shape = self.shape(tensor)
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        for index in range(self.graph.OperatorsLength()):
            self._convert_operator(self.graph.Operators(index))
        for tensor in map(int, self.graph.OutputsAsNumpy()):
            name = self.graph.Tensors(tensor).Name().decode()
            self.nodes.append(helper.make_node("Identity", [self.raw(tensor)], [name]))
            shape = self.shape(tensor)
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        weights = [numpy_helper.from_array(a, name) for name, a in self.initialisers.items()]
        graph = helper.make_graph(self.nodes, "face", inputs, outputs, weights)
        opset = helper.make_opsetid("", 17)
        return helper.make_model(graph, opset_imports=[opset], ir_version=8)

    def _convert_operator(self, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(i) for i in operator.InputsAsNumpy()]
        output = int(operator.OutputsAsNumpy()[0])
        if name == "CUSTOM":
            blob = bytes(operator.CustomOptions(i) for i in range(operator.CustomOptionsLength()))
            layout, value = WARPS[code.CustomCode().decode()](self, blob, inputs)
        else:
            made = getattr(self, "_" + name.lower())(operator, inputs, output)
            if made is None:
                return
            layout, value = made
        self.made[output] = {layout: value}

    # Constants, nodes, layouts.

    def shape(self, tensor):
        of = self.graph.Tensors(tensor)
        return [int(side) for side in of.ShapeAsNumpy()] if of.ShapeLength() else []

    def constant(self, tensor):
        """The constant behind a tensor as an array, or None when it is computed."""
        of = self.graph.Tensors(tensor)
        buffer = self.model.Buffers(of.Buffer())
        if buffer.DataLength() == 0:
            return self.widened.get(tensor)
        flat = np.frombuffer(buffer.DataAsNumpy().tobytes(), _DTYPES[of.Type()])
        return flat.reshape(self.shape(tensor))

    def floats(self, tensor):
        return self.constant(tensor).astype(np.float32)

    def store(self, array):
        self.count += 1
        name = f"constant_{self.count}"
        self.initialisers[name] = np.array(array, order="C")
        return name

    def store_floats(self, values):
        return self.store(np.asarray(values, np.float32))

    def store_kernel(self, weights):
        """Outputs first. What is narrowed is widened again when the network is loaded."""
        if not self.narrows or weights.size < self.NARROWED_MIN:
            return self.store(weights)
        largest = np.abs(weights).reshape(len(weights), -1).max(1)
        scale = np.maximum(largest, 1e-12).reshape(-1, *[1] * (weights.ndim - 1)) / 127
        whole = self.store(np.rint(weights / scale).astype(np.int8))
        wide = self.node("Cast", [whole], to=TensorProto.FLOAT)
        return self.node("Mul", [wide, self.store_floats(scale)])

    def store_ints(self, values):
        return self.store(np.asarray(values, np.int64))

    def node(self, kind, inputs, **attributes):
        self.count += 1
        name = f"{kind.lower()}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def raw(self, tensor):
        return self._in_layout(tensor, RAW, NCHW, [0, 2, 3, 1])

    def nchw(self, tensor):
        return self._in_layout(tensor, NCHW, RAW, [0, 3, 1, 2])

    def _in_layout(self, tensor, layout, other, order):
        made = self.made.setdefault(tensor, {})
        if layout not in made:
            if other in made:
                made[layout] = self.node("Transpose", [made[other]], perm=order)
            else:
                array = self.constant(tensor)
                array = array.astype(np.float32) if array.dtype == np.float16 else array
                made[layout] = self.store(array if layout == RAW else array.transpose(order))
        return made[layout]

    def _natural(self, tensor):
        """Elementwise operators stay in the layout of pictures when there are four axes."""
        return (NCHW, self.nchw) if len(self.shape(tensor)) == 4 else (RAW, self.raw)

    def _options(self, operator, kind):
        options, table = kind(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _activate(self, value, activation):
        if activation == 0:
            return value
        if activation == 1:
            return self.node("Relu", [value])
        if activation == 3:
            return self.node("Clip", [value, self.store_floats(0), self.store_floats(6)])
        raise ValueError(f"activation {activation}")

    @staticmethod
    def _pads(padding, sides, kernel, strides, dilations=(1, 1)):
        """TensorFlow's SAME (0) gives the odd pixel to the end; VALID (1) pads nothing."""
        if padding == 1:
            return [0, 0, 0, 0]
        begins, ends = [], []
        for side, k, stride, dilation in zip(sides, kernel, strides, dilations):
            out = -(-side // stride)
            total = max((out - 1) * stride + (k - 1) * dilation + 1 - side, 0)
            begins.append(total // 2)
            ends.append(total - total // 2)
        return begins + ends

    # Operators, by their names in TensorFlow Lite. Each returns (layout, ONNX name).

    def _dequantize(self, operator, inputs, output):
        self.widened[output] = self.floats(inputs[0])

    def _convolve(self, operator, inputs, kind, weights, group):
        options = self._options(operator, kind)
        strides = (options.StrideH(), options.StrideW())
        dilations = (options.DilationHFactor(), options.DilationWFactor())
        kernel, sides = weights.shape[2:], self.shape(inputs[0])[1:3]
        has_bias = len(inputs) > 2 and inputs[2] >= 0
        bias = self.floats(inputs[2]) if has_bias else np.zeros(weights.shape[0], np.float32)
        value = self.node(
            "Conv",
            [self.nchw(inputs[0]), self.store_kernel(weights), self.store(bias)],
            group=group,
            kernel_shape=list(kernel),
            strides=list(strides),
            dilations=list(dilations),
            pads=self._pads(options.Padding(), sides, kernel, strides, dilations),
        )
        return NCHW, self._activate(value, options.FusedActivationFunction())

    def _conv_2d(self, operator, inputs, output):
        weights = self.floats(inputs[1]).transpose(0, 3, 1, 2)
        return self._convolve(operator, inputs, tflite.Conv2DOptions, weights, 1)

    def _depthwise_conv_2d(self, operator, inputs, output):
        weights = self.floats(inputs[1]).transpose(3, 0, 1, 2)
        channels = self.shape(inputs[0])[3]
        return self._convolve(operator, inputs, tflite.DepthwiseConv2DOptions, weights, channels)

    def _prelu(self, operator, inputs, output):
        slope = self.store(self.floats(inputs[1]).reshape(-1, 1, 1))
        return NCHW, self.node("PRelu", [self.nchw(inputs[0]), slope])

    def _elementwise(self, kind, options, inputs, output):
        layout, of = self._natural(output)
        values = []
        for tensor in inputs:
            array = self.constant(tensor)
            if array is None or tensor in self.made:
                values.append(of(tensor))
                continue
            array = array.astype(np.float32)
            if layout == NCHW and array.ndim == 4:
                array = array.transpose(0, 3, 1, 2)
            elif layout == NCHW and array.ndim in (1, 3):
                array = array.reshape(-1, 1, 1)
            values.append(self.store(array))
        return layout, self._activate(self.node(kind, values), options.FusedActivationFunction())

    def _add(self, operator, inputs, output):
        options = self._options(operator, tflite.AddOptions)
        return self._elementwise("Add", options, inputs, output)

    def _mul(self, operator, inputs, output):
        options = self._options(operator, tflite.MulOptions)
        return self._elementwise("Mul", options, inputs, output)

    def _relu(self, operator, inputs, output):
        layout, of = self._natural(output)
        return layout, self.node("Relu", [of(inputs[0])])

    def _logistic(self, operator, inputs, output):
        layout, of = self._natural(output)
        return layout, self.node("Sigmoid", [of(inputs[0])])

    def _hard_swish(self, operator, inputs, output):
        layout, of = self._natural(output)
        return layout, self.node("HardSwish", [of(inputs[0])])

    def _mean(self, operator, inputs, output):
        if sorted(self.constant(inputs[1]).flatten().tolist()) != [1, 2]:
            raise ValueError("means over other axes than height and width")
        keeps = self._options(operator, tflite.ReducerOptions).KeepDims()
        value = self.node(
            "ReduceMean", [self.nchw(inputs[0])], axes=[2, 3], keepdims=1 if keeps else 0
        )
        return (NCHW if keeps else RAW), value

    def _fully_connected(self, operator, inputs, output):
        options = self._options(operator, tflite.FullyConnectedOptions)
        weights, bias = self.floats(inputs[1]), self.floats(inputs[2])
        value = self.node(
            "Gemm",
            [self.raw(inputs[0]), self.store_kernel(weights), self.store(bias)],
            transB=1,
        )
        return RAW, self._activate(value, options.FusedActivationFunction())

    def _max_pool_2d(self, operator, inputs, output):
        return self._pool("MaxPool", operator, inputs)

    def _average_pool_2d(self, operator, inputs, output):
        # TensorFlow's mean leaves padding out, as ONNX's does by default.
        return self._pool("AveragePool", operator, inputs)

    def _pool(self, kind, operator, inputs):
        options = self._options(operator, tflite.Pool2DOptions)
        kernel = (options.FilterHeight(), options.FilterWidth())
        strides = (options.StrideH(), options.StrideW())
        value = self.node(
            kind,
            [self.nchw(inputs[0])],
            kernel_shape=list(kernel),
            strides=list(strides),
            pads=self._pads(options.Padding(), self.shape(inputs[0])[1:3], kernel, strides),
        )
        return NCHW, self._activate(value, options.FusedActivationFunction())

    def _pad(self, operator, inputs, output):
        pads = self.constant(inputs[1]).astype(np.int64)[[0, 3, 1, 2]]
        amounts = self.store(np.concatenate([pads[:, 0], pads[:, 1]]))
        return NCHW, self.node("Pad", [self.nchw(inputs[0]), amounts])

    def _reshape(self, operator, inputs, output):
        shape = self.store_ints(self.shape(output))
        return RAW, self.node("Reshape", [self.raw(inputs[0]), shape])

    def _concatenation(self, operator, inputs, output):
        options = self._options(operator, tflite.ConcatenationOptions)
        rank = len(self.shape(output))
        axis = options.Axis() % rank
        if rank == 4:
            values = [self.nchw(tensor) for tensor in inputs]
            return NCHW, self.node("Concat", values, axis=[0, 2, 3, 1][axis])
        return RAW, self.node("Concat", [self.raw(tensor) for tensor in inputs], axis=axis)

    def _strided_slice(self, operator, inputs, output):
        options = self._options(operator, tflite.StridedSliceOptions)
        sides = self.shape(inputs[0])
        begin, end, strides = (self.constant(t).astype(np.int64) for t in inputs[1:4])
        for axis, side in enumerate(sides):
            begin_is_free = options.BeginMask() >> axis & 1
            end_is_free = options.EndMask() >> axis & 1
            begin = np.where(np.arange(len(sides)) == axis, 0, begin) if begin_is_free else begin
            end = np.where(np.arange(len(sides)) == axis, side, end) if end_is_free else end
        bounds = [self.store_ints(v) for v in (begin, end, np.arange(len(sides)), strides)]
        return RAW, self.node("Slice", [self.raw(inputs[0]), *bounds])

    def _resize_bilinear(self, operator, inputs, output):
        options = self._options(operator, tflite.ResizeBilinearOptions)
        size = self.constant(inputs[1]).flatten()
        sizes = self.store_ints([1, self.shape(inputs[0])[3], *size])
        mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        mode = "align_corners" if options.AlignCorners() else mode
        value = self.node(
            "Resize",
            [self.nchw(inputs[0]), "", "", sizes],
            mode="linear",
            coordinate_transformation_mode=mode,
        )
        return NCHW, value
