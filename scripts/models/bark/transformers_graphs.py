"""Bark's three transformers as graphs.

The causal ones take the keys and values of what came before as inputs, one pair a layer, in
buffers that may be longer than what they hold (`past_length` says how much counts), and give those
of the new tokens only. So whoever runs them keeps one buffer and copies a row a step, never the
whole past.
"""

import numpy as np
from graph import Graph

HIDDEN = np.float32(-1e9)


class Block:
    """What the layers of a file share."""

    def __init__(self, graph, config):
        self.graph = graph
        self.heads = config.num_heads
        self.width = config.hidden_size // config.num_heads
        self.size = config.hidden_size

    def split(self, value, layer):
        """Queries, keys and values, each [1, heads, tokens, width]."""
        g = self.graph
        made = g.linear(g.normed(value, layer.layernorm_1), layer.attn.att_proj)
        made = g.shaped(made, -1, 3, self.heads, self.width)
        made = g.add("Transpose", made, perm=[1, 2, 0, 3])
        query, key, value = g.add("Split", made, outputs=3, axis=0, num_outputs=3)
        scale = g.constant(np.float32(self.width ** -0.5))
        return g.add("Mul", query, scale), key, value

    def scores(self, query, key):
        g = self.graph
        return g.add("MatMul", query, g.add("Transpose", key, perm=[0, 1, 3, 2]))

    def finish(self, value, attended, layer):
        """What attention gives is added, and what the two dense layers make of it."""
        g = self.graph
        flat = g.shaped(g.add("Transpose", attended, perm=[0, 2, 1, 3]), -1, self.size)
        value = g.add("Add", value, g.linear(flat, layer.attn.out_proj))
        made = g.linear(g.normed(value, layer.layernorm_2), layer.mlp.in_proj)
        made = g.linear(g.add("Gelu", made), layer.mlp.out_proj)
        return g.add("Add", value, made)


def causal(model, path, merges):
    """The semantic or the coarse transformer.

    - merges: it has a second row of tokens, whose embeddings are added to the first's: the history
      that Bark lays over the text. One number past the vocabulary adds nothing.
    """
    config, g = model.config, Graph()
    block = Block(g, config)
    layers, heads, width = config.num_layers, config.num_heads, block.width
    table = model.input_embeds_layer.weight.detach().float().cpu().numpy()
    if merges:
        table = np.concatenate([table, np.zeros((1, table.shape[1]), np.float32)])
    table = g.constant(table, "tokens_table")
    value = g.add("Gather", table, "tokens")
    if merges:
        value = g.add("Add", value, g.add("Gather", table, "added"))
    count = g.length("tokens", 0)
    order = g.count_up(count)
    places = g.add("Add", order, "past_length")
    value = g.add(
        "Add", value, g.add("Gather", g.weight(model.position_embeds_layer.weight), places))

    capacity = g.length("past_key_0", 2)
    zero, hidden = g.constant(np.float32(0)), g.constant(HIDDEN)
    held = g.add("Less", g.count_up(capacity), "past_length")
    past_mask = g.add("Where", held, zero, hidden)
    seen = g.add("LessOrEqual", g.add("Unsqueeze", order, g.integers(0)),
                 g.add("Unsqueeze", order, g.integers(1)))
    own_mask = g.add("Where", seen, zero, hidden)
    sizes = g.add("Concat", capacity, count, axis=0)

    kept = []
    for index, layer in enumerate(model.layers):
        query, key, new = block.split(value, layer)
        past_key, past_value = f"past_key_{index}", f"past_value_{index}"
        before = g.add("Add", block.scores(query, past_key), past_mask)
        own = g.add("Add", block.scores(query, key), own_mask)
        shares = g.add("Softmax", g.add("Concat", before, own, axis=-1), axis=-1)
        before, own = g.add("Split", shares, sizes, outputs=2, axis=-1)
        attended = g.add("Add", g.add("MatMul", before, past_value), g.add("MatMul", own, new))
        value = block.finish(value, attended, layer)
        kept += [key, new]
    g.add("Concat", *kept, axis=0, out="present")
    last = g.add("Gather", value, g.integers(-1), axis=0)
    last = g.normed(last, model.layernorm_final)
    g.add("MatMul", last, g.weight(model.lm_head.weight.T), out="logits")

    inputs = [("tokens", "int64", ["count"])]
    if merges:
        inputs.append(("added", "int64", ["count"]))
    inputs.append(("past_length", "int64", [1]))
    for index in range(layers):
        for kind in ("key", "value"):
            inputs.append(
                (f"past_{kind}_{index}", "float", [1, heads, "capacity", width]))
    g.save(path, inputs, [
        ("logits", "float", [1, config.output_vocab_size]),
        ("present", "float", [2 * layers, heads, "count", width])])


def fine(model, path, given, codebook_size):
    """The fine transformer: all codebooks, and which of them is to be told → its scores.

    - given: codebooks that the coarse transformer made.
    """
    config, g = model.config, Graph()
    block = Block(g, config)
    tables = [layer.weight for layer in model.input_embeds_layers]
    books, entries = len(tables), tables[0].shape[0]
    flat = g.constant(np.concatenate(
        [table.detach().float().cpu().numpy() for table in tables]), "codes_table")
    starts = g.constant((np.arange(books, dtype=np.int64) * entries)[:, None])
    value = g.add("Gather", flat, g.add("Add", "codes", starts))
    wanted = g.add("LessOrEqual", g.integers(*range(books)), "codebook")
    wanted = g.add("Cast", wanted, to=1)
    wanted = g.shaped(wanted, books, 1, 1)
    value = g.add("ReduceSum", g.add("Mul", value, wanted), g.integers(0), keepdims=0)
    order = g.count_up(g.length("codes", 1))
    value = g.add(
        "Add", value, g.add("Gather", g.weight(model.position_embeds_layer.weight), order))
    for layer in model.layers:
        query, key, new = block.split(value, layer)
        shares = g.add("Softmax", block.scores(query, key), axis=-1)
        value = block.finish(value, g.add("MatMul", shares, new), layer)
    value = g.normed(value, model.layernorm_final)
    # The head of a codebook says which of its entries it is; what is beyond them is padding.
    heads = np.stack([
        model.lm_heads[book - config.n_codes_given].weight.detach().float().cpu().numpy()
        [:codebook_size].T for book in range(given, books)])
    head = g.add("Gather", g.constant(heads, "heads"),
                 g.add("Sub", g.add("Squeeze", "codebook"), g.scalar(given)), axis=0)
    g.add("MatMul", value, head, out="logits")
    g.save(path, [("codes", "int64", [books, "count"]), ("codebook", "int64", [1])],
           [("logits", "float", ["count", codebook_size])])
