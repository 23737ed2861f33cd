"""What the server must know of a model: sizes, numbers of tokens, and how it is sampled."""

import json
import os

from transformers.models.bark.generation_configuration_bark import (
    BarkCoarseGenerationConfig,
    BarkFineGenerationConfig,
    BarkSemanticGenerationConfig,
)


def of(model):
    """From the configurations that are published with the weights."""
    config, generation = model.config, model.generation_config
    semantic = filled(BarkSemanticGenerationConfig, generation.semantic_config)
    coarse = filled(BarkCoarseGenerationConfig, generation.coarse_acoustics_config)
    fine = filled(BarkFineGenerationConfig, generation.fine_acoustics_config)
    codec = config.codec_config
    frame = 1
    for ratio in codec.upsampling_ratios:
        frame *= ratio

    def causal(part):
        return {"layers": part.num_layers, "heads": part.num_heads,
                "width": part.hidden_size // part.num_heads, "positions": part.block_size,
                "inputs": part.input_vocab_size, "outputs": part.output_vocab_size}

    def sampled(part):
        greedy = not getattr(part, "do_sample", False)
        kept = getattr(part, "top_k", None)
        return {"temperature": 0 if greedy else value(part, "temperature", 0.7),
                "top_k": 50 if kept is None else int(kept)}

    # Of the fine one, transformers takes the likeliest where the temperature is 1 or none.
    warmth = value(fine, "temperature", 0.5)
    return {
        "format": 1,
        "sample_rate": codec.sampling_rate, "frame_samples": frame,
        "codebook_size": value(generation, "codebook_size", 1024),
        "semantic": {
            **causal(config.semantic_config), **sampled(semantic),
            "vocabulary": semantic.semantic_vocab_size, "end": semantic.eos_token_id,
            "text_offset": semantic.text_encoding_offset, "text_pad": semantic.text_pad_token,
            "infer": semantic.semantic_infer_token,
            "input_length": semantic.max_input_semantic_length,
            "rate": semantic.semantic_rate_hz, "tokens_max": semantic.max_new_tokens,
            "end_probability": getattr(semantic, "min_eos_p", None) or 0},
        "coarse": {
            **causal(config.coarse_acoustics_config), **sampled(coarse),
            "pad": coarse.coarse_semantic_pad_token, "infer": coarse.coarse_infer_token,
            "codebooks": coarse.n_coarse_codebooks, "rate": coarse.coarse_rate_hz,
            "input_length": coarse.max_coarse_input_length,
            "history_max": coarse.max_coarse_history, "window": coarse.sliding_window_len},
        "fine": {
            "codebooks": fine.n_fine_codebooks, "input_length": fine.max_fine_input_length,
            "history_max": fine.max_fine_history_length,
            "temperature": 0 if warmth == 1.0 else warmth}}


def value(part, name, fallback):
    found = getattr(part, name, None)
    return fallback if found is None else found


def filled(kind, part):
    """A part that was read as a dictionary lacks what is as usual."""
    return kind(**part) if isinstance(part, dict) else part


def write(settings, folder):
    """With the length of each file, so that one that was cut short is told at once."""
    names = [name for name in sorted(os.listdir(folder))
             if name.endswith(".onnx") or name == "vocab.txt"]
    files = {name: os.path.getsize(os.path.join(folder, name)) for name in names}
    with open(os.path.join(folder, "bark.json"), "w") as out:
        json.dump({**settings, "files": files}, out, indent=1)
        out.write("\n")
