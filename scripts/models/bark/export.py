"""Makes the files of voice=bark/… from Bark's weights.

usage: export.py WEIGHTS FOLDER --vocabulary vocab.txt [--voices FILE_OR_FOLDER …] [--int8]
       export.py small FOLDER --random-seed 1       noise for weights: speed and memory only

WEIGHTS is a folder with config.json, generation_config.json and the weights, as published in
suno/bark-small and suno/bark for transformers. vocab.txt is the vocabulary of
bert-base-multilingual-cased, which lies beside those weights. Voices are Suno's prompts: .npz
files, or the three .npy files of each.

Each file that is written is run at once beside the network that it was made of, and the script ends
with an error where they differ. NAME.int8.onnx are for CPUs, and how far they are from the exact
ones is printed; --only-int8 deletes the exact ones.

Needs torch, transformers, onnx, onnxruntime and numpy; tried with torch 2.13, transformers 5.24,
onnx 1.23, onnxruntime 1.32 and Python 3.11. What to know of the licences before you do: README.md
beside this file.
"""

import argparse
import os
import shutil

import codec
import quantise
import settings
import torch
import transformers_graphs
import verify
import voices


def random_model(size, seed):
    """Bark in the sizes that are published, with noise for weights."""
    from transformers import BarkConfig, BarkModel
    from transformers.models.bark.generation_configuration_bark import BarkGenerationConfig
    torch.manual_seed(seed)
    layers, heads, width = {"small": (12, 12, 768), "large": (24, 16, 1024)}[size]
    part = {"num_layers": layers, "num_heads": heads, "hidden_size": width, "bias": False,
            "block_size": 1024, "dropout": 0.0}
    semantic = {**part, "input_vocab_size": 129_600, "output_vocab_size": 10_048}
    coarse = {**part, "input_vocab_size": 12_096, "output_vocab_size": 12_096}
    fine = {**part, "input_vocab_size": 1056, "output_vocab_size": 1056, "n_codes_total": 8,
            "n_codes_given": 1}
    config = BarkConfig(semantic_config=semantic, coarse_acoustics_config=coarse,
                        fine_acoustics_config=fine)
    model = BarkModel(config)
    sampled = {"do_sample": True, "temperature": 0.7, "top_k": 50}
    model.generation_config = BarkGenerationConfig(
        semantic_config={**sampled, "min_eos_p": 0.2}, coarse_acoustics_config=sampled,
        fine_acoustics_config={"temperature": 0.5})
    return model.eval()


def published_model(folder):
    from transformers import BarkModel
    return BarkModel.from_pretrained(folder, dtype=torch.float32).eval()


def export(model, folder, eight_bits=False, exact=True):
    """Writes the networks of a model and checks them; returns its settings."""
    facts = settings.of(model)
    size, books = facts["codebook_size"], facts["fine"]["codebooks"]
    path = {name: os.path.join(folder, name + ".onnx")
            for name in ("semantic", "coarse", "fine", "codec")}
    transformers_graphs.causal(model.semantic, path["semantic"], merges=True)
    transformers_graphs.causal(model.coarse_acoustics, path["coarse"], merges=False)
    transformers_graphs.fine(
        model.fine_acoustics, path["fine"], facts["coarse"]["codebooks"], size)
    codec.decoder(model.codec_model, path["codec"], books)

    def check(kind):
        exact = kind == ""
        at = {name: one.replace(".onnx", kind + ".onnx") for name, one in path.items()}
        verify.causal(at["semantic"], model.semantic, 1, exact)
        verify.causal(at["coarse"], model.coarse_acoustics, 2, exact)
        verify.fine(at["fine"], model.fine_acoustics, size, books, 3, exact)

    check("")
    verify.codec(path["codec"], model.codec_model, size, books, 4)
    if eight_bits:
        for name in ("semantic", "coarse", "fine"):
            quantise.quantise(path[name])
        check(".int8")
        if not exact:
            for name in ("semantic", "coarse", "fine"):
                os.remove(path[name])
    return facts


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="folder of the published weights; small or large for noise")
    parser.add_argument("out")
    parser.add_argument("--vocabulary", help="vocab.txt of bert-base-multilingual-cased")
    parser.add_argument("--voices", nargs="*", default=[])
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--only-int8", action="store_true")
    parser.add_argument("--random-seed", type=int)
    wanted = parser.parse_args()
    if (wanted.weights in ("small", "large")) != (wanted.random_seed is not None):
        parser.error("give a folder of weights, or small or large with --random-seed")
    os.makedirs(wanted.out, exist_ok=True)
    is_random = wanted.random_seed is not None
    model = (random_model(wanted.weights, wanted.random_seed) if is_random
             else published_model(wanted.weights))
    vocabulary = wanted.vocabulary or os.path.join(wanted.weights, "vocab.txt")
    if os.path.exists(vocabulary):
        target = os.path.join(wanted.out, "vocab.txt")
        if os.path.abspath(vocabulary) != os.path.abspath(target):
            shutil.copyfile(vocabulary, target)
    elif not is_random:
        parser.error(f"{vocabulary} is not there: give --vocabulary")
    facts = export(model, wanted.out, wanted.int8 or wanted.only_int8, not wanted.only_int8)
    count = voices.convert(wanted.voices, os.path.join(wanted.out, "voices"), facts)
    settings.write(facts, wanted.out)
    print(f"{count} voices")


if __name__ == "__main__":
    main()
