"""EnCodec's decoder as a graph: codes of the codebooks → samples."""

import numpy as np
from graph import Graph


def reflected(g, value, left, right=0):
    if left == 0 and right == 0:
        return value
    return g.add("Pad", value, g.integers(0, 0, left, 0, 0, right), mode="reflect")


def convolved(g, value, module):
    """EncodecConv1d with stride 1, its padding before it."""
    conv = module.conv
    if conv.stride[0] != 1 or not module.causal or module.pad_mode != "reflect":
        raise SystemExit("this is not the causal EnCodec that Bark speaks through")
    dilation, kernel = conv.dilation[0], conv.kernel_size[0]
    value = reflected(g, value, (kernel - 1) * dilation)
    return g.add("Conv", value, g.weight(conv.weight), g.weight(conv.bias), dilations=[dilation],
                 pads=[0, 0])


def widened(g, value, module):
    """EncodecConvTranspose1d: what it makes too much is cut off the end."""
    conv = module.conv
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    value = g.add("ConvTranspose", value, g.weight(conv.weight), g.weight(conv.bias),
                  strides=[stride], pads=[0, 0])
    much = kernel - stride
    right = int(np.ceil(much * module.trim_right_ratio)) if module.causal else much // 2
    left = much - right
    return g.add("Slice", value, g.integers(left), g.integers(-right if right else 2 ** 62),
                 g.integers(2))


def remembered(g, value, module):
    """EncodecLSTM: its input is added. Gates are i f g o in torch, i o f g in ONNX."""
    lstm = module.lstm
    size = lstm.hidden_size
    made = g.add("Transpose", value, perm=[2, 0, 1])
    first = made

    def reordered(tensor):
        i, f, c, o = tensor.detach().float().cpu().numpy().reshape(4, size, -1)
        return np.concatenate([i, o, f, c])

    for layer in range(lstm.num_layers):
        weights = [reordered(getattr(lstm, f"weight_{kind}_l{layer}"))[None]
                   for kind in ("ih", "hh")]
        biases = np.concatenate([reordered(getattr(lstm, f"bias_{kind}_l{layer}")).ravel()
                                 for kind in ("ih", "hh")])[None]
        given = [g.constant(value) for value in (*weights, biases)]
        made = g.add("LSTM", made, *given, hidden_size=size)
        made = g.add("Squeeze", made, g.integers(1))
    return g.add("Transpose", g.add("Add", made, first), perm=[1, 2, 0])


def residual(g, value, module):
    made = value
    for part in module.block:
        made = layered(g, made, part)
    return g.add("Add", layered(g, value, module.shortcut), made)


def layered(g, value, module):
    kind = type(module).__name__
    if kind == "EncodecConv1d":
        return convolved(g, value, module)
    if kind == "EncodecConvTranspose1d":
        return widened(g, value, module)
    if kind == "EncodecLSTM":
        return remembered(g, value, module)
    if kind == "EncodecResnetBlock":
        return residual(g, value, module)
    if kind == "ELU":
        return g.add("Elu", value, alpha=float(module.alpha))
    if kind == "Identity":
        return value
    raise SystemExit(f"a layer of the codec is not known: {kind}")


def decoder(model, path, books):
    """- books: codebooks of which the sum of entries is decoded."""
    g = Graph()
    tables = [layer.codebook.embed.detach().float().cpu().numpy()
              for layer in model.quantizer.layers[:books]]
    entries = tables[0].shape[0]
    starts = g.constant((np.arange(books, dtype=np.int64) * entries)[:, None])
    value = g.add("Gather", g.constant(np.concatenate(tables)), g.add("Add", "codes", starts))
    value = g.add("ReduceSum", value, g.integers(0), keepdims=0)
    value = g.add("Unsqueeze", g.add("Transpose", value, perm=[1, 0]), g.integers(0))
    for module in model.decoder.layers:
        value = layered(g, value, module)
    g.add("Reshape", value, g.integers(-1), out="samples")
    g.save(path, [("codes", "int64", [books, "count"])], [("samples", "float", ["length"])])
