"""The transformers for CPUs: weights of products in 8 bits, one scale a column, tables of tokens in
16 bit floats. What is between them stays in 32 bits.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic


def quantise(path):
    """Writes NAME.int8.onnx beside NAME.onnx; returns its path."""
    out = path.removesuffix(".onnx") + ".int8.onnx"
    quantize_dynamic(path, out, op_types_to_quantize=["MatMul"], per_channel=True,
                     weight_type=QuantType.QInt8)
    halve_tables(out)
    return out


def halve_tables(path):
    """Tables that rows are taken of: half as long, and what is taken becomes 32 bits again."""
    model = onnx.load(path)
    graph = model.graph
    held = {one.name: one for one in graph.initializer}
    nodes = []
    for node in graph.node:
        nodes.append(node)
        table = held.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.data_type == onnx.TensorProto.INT64:
            continue
        if table.data_type == onnx.TensorProto.FLOAT:
            values = numpy_helper.to_array(table)
            if values.ndim != 2:
                continue
            table.CopyFrom(numpy_helper.from_array(values.astype(np.float16), table.name))
        made = node.output[0]
        node.output[0] = made + ".half"
        nodes.append(helper.make_node("Cast", [made + ".half"], [made], to=1))
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, path)
