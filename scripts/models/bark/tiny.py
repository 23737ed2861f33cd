"""Makes a whole Bark of a few kilobytes with noise for weights, and what transformers says of it.

usage: tiny.py Tests/SpeechTests/Voices/Bark/Networks

Tests lay these files into `models/bark/` and compare: pieces of text with those of `tokenizers`,
tokens of all three stages with those that `transformers` chooses (always the likeliest), and
samples. Nothing here is Suno's. Needs what export.py needs, and tokenizers.
"""

import json
import os
import sys

import export
import numpy as np
import settings
import tokenizers
import torch
import voices
from transformers import BarkConfig, BarkModel
from transformers.models.bark.generation_configuration_bark import BarkGenerationConfig

# A sentence in each language that Bark speaks, and what a tokenizer may stumble over.
SENTENCES = [
    "Hello, my name is Ada. And, uh, I like pizza! [laughs]",
    "Guten Tag, ich heiße Jürgen und wohne in Köln.",
    "¿Cómo estás? Mañana vamos al mercado con el niño.",
    "Où est la bibliothèque ? C’est l'été à Nîmes.",
    "नमस्ते, मेरा नाम आशा है। आप कैसे हैं?",
    "Perché no? La città è più bella di sera.",
    "こんにちは、私の名前はさくらです。コーヒーが好き。",
    "안녕하세요, 제 이름은 민수입니다. 오늘 날씨가 좋네요.",
    "Cześć, nazywam się Łukasz i lubię żółte jabłka.",
    "Olá, não sei se o coração é só uma canção.",
    "Привет, меня зовут Ёлка. Как дела?",
    "Merhaba, adım Işıl. İstanbul'da çok güzel günler geçti.",
    "你好，我的名字是小明。今天天气很好！",
]
HARD = [
    "♪ In the jungle, the mighty jungle ♪",
    "[laughs] — well… [clears throat] \"WOMAN:\" it's 3.14%, isn't it?",
    "tab\tand\nline\r\nand\u00a0blank\u3000wide \u200bnothing\u00adhere\ufeff",
    "a" * 100, "a" * 101, "", "   ", "…", "字", "$+<=>^`|~€№", "x²½ﬁﬀ①",
    "e\u0301 und é; Å und A\u030a", "😀 ok 👍🏽", "क्षेत्र और ज़रूरत", "ไทย ភាសា العربية עברית",
    "don't-stop_me.now", "𠀀𪜀豈", "\u0000bad\ufffd\u0007bytes",
]


def vocabulary(folder):
    """Every character of the sentences, alone and within a word, every second word, and a beginning
    and an end of the others: the file that `tokenizers` and the server read.
    """
    splitter = tokenizers.pre_tokenizers.BertPreTokenizer()
    words = sorted({word for text in SENTENCES + HARD[:2]
                    for word, _ in splitter.pre_tokenize_str(text)})
    pieces = {one for word in words for letter in word for one in (letter, "##" + letter)}
    pieces.update(words[::2])
    for word in words[1::4]:
        pieces.update((word[:3], "##" + word[3:]))
    lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(pieces - {"", "##"})]
    path = os.path.join(folder, "vocab.txt")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    return tokenizers.BertWordPieceTokenizer(
        path, clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=False), \
        len(lines)


def small_model(words):
    part = {"num_layers": 2, "num_heads": 2, "hidden_size": 16, "bias": False, "dropout": 0.0}
    offset, entries = 64, 16
    semantic = {**part, "block_size": 96, "input_vocab_size": offset + words + 8,
                "output_vocab_size": 56}
    coarse = {**part, "block_size": 96, "input_vocab_size": 48 + 2 * entries + 4,
              "output_vocab_size": 48 + 2 * entries}
    fine = {**part, "block_size": 64, "input_vocab_size": entries + 2,
            "output_vocab_size": entries + 2, "n_codes_total": 8, "n_codes_given": 1}
    codec = {"target_bandwidths": [6.0], "sampling_rate": 24_000, "num_filters": 2,
             "num_lstm_layers": 1, "hidden_size": 8, "codebook_size": entries,
             "codebook_dim": 8, "upsampling_ratios": [8, 5, 4, 2]}
    config = BarkConfig(semantic_config=semantic, coarse_acoustics_config=coarse,
                        fine_acoustics_config=fine, codec_config=codec)
    torch.manual_seed(1)
    model = BarkModel(config).eval()
    noise = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.startswith("codec_model"):
                # Loud enough to be compared, and more than its biases.
                spread = 0.02 if "bias" in name else 0.4
                middle = 0.8 if name.endswith("original0") else 0.0
                weight.copy_(torch.randn(weight.shape, generator=noise) * spread + middle)
            elif weight.ndim == 2:
                spread = 1.0 if "embeds" in name else 1.6 / weight.shape[1] ** 0.5
                weight.copy_(torch.randn(weight.shape, generator=noise) * spread)
        for layer in model.codec_model.quantizer.layers:
            table = layer.codebook.embed
            table.copy_(torch.randn(table.shape, generator=noise) * 0.6)
    model.generation_config = BarkGenerationConfig(
        semantic_config={
            "eos_token_id": 50, "semantic_vocab_size": 48, "text_encoding_offset": offset,
            "text_pad_token": offset + words + 2, "semantic_infer_token": offset + words + 3,
            "max_input_semantic_length": 32, "max_new_tokens": 40, "do_sample": False},
        coarse_acoustics_config={
            "coarse_semantic_pad_token": 48 + 2 * entries,
            "coarse_infer_token": 48 + 2 * entries + 2,
            "max_coarse_input_length": 24, "max_coarse_history": 48, "sliding_window_len": 12,
            "do_sample": False},
        fine_acoustics_config={
            "max_fine_history_length": 32, "max_fine_input_length": 64, "temperature": 1.0},
        codebook_size=entries)
    return model


def prompt():
    rng = np.random.default_rng(3)
    fine = rng.integers(0, 16, (8, 75))
    return {"semantic_prompt": rng.integers(0, 48, 50), "coarse_prompt": fine[:2].copy(),
            "fine_prompt": fine}


@torch.no_grad()
def spoken(model, ids, history, end_probability=None):
    """What transformers makes of a text, stage by stage."""
    g = model.generation_config
    semantic, coarse, fine = g.semantic_config, g.coarse_acoustics_config, g.fine_acoustics_config
    length = semantic.max_input_semantic_length
    ids = ids[:length]
    padded = torch.tensor([ids + [0] * (length - len(ids))])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids))])
    past = None if history is None else {
        kind: torch.from_numpy(np.asarray(values)) for kind, values in history.items()}
    more = {} if end_probability is None else {"min_eos_p": end_probability}
    said = model.semantic.generate(
        padded, semantic_generation_config=semantic, history_prompt=past, attention_mask=mask,
        **more)
    tokens = [int(token) for token in said[0] if token != semantic.eos_token_id]
    if len(tokens) < 8:
        # Less than EnCodec can mirror.
        return None, {"semantic": tokens}
    sounds = model.coarse_acoustics.generate(
        said.clone(), semantic_generation_config=semantic, coarse_generation_config=coarse,
        codebook_size=g.codebook_size, history_prompt=past)
    rows = model.fine_acoustics.generate(
        sounds, semantic_generation_config=semantic, coarse_generation_config=coarse,
        fine_generation_config=fine, codebook_size=g.codebook_size, history_prompt=past)
    samples = np.clip(np.asarray(model.codec_decode(rows)[0], np.float64).ravel(), -1, 1)
    codes = rows[0].numpy()
    made = {"semantic_prompt": np.array(tokens), "coarse_prompt": codes[:2], "fine_prompt": codes}
    spots = [int(i) for i in np.linspace(0, len(samples) - 1, 40)]
    return made, {
        "semantic": tokens, "coarse": [int(token) for token in sounds[0]],
        "fine": codes.tolist(), "count": len(samples),
        "absolute_sum": float(np.abs(samples).sum()), "at": spots,
        "values": [round(float(samples[i]), 6) for i in spots]}


def carried(history, made):
    """The history of what is said next: what was before, and what was said."""
    return {kind: np.concatenate([history[kind], made[kind]], -1) for kind in made}


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    tokenizer, words = vocabulary(folder)
    model = small_model(words)
    facts = export.export(model, folder)
    np.savez(os.path.join(folder, "prompt.npz"), **prompt())
    voices.convert([os.path.join(folder, "prompt.npz")], folder + "/voices", facts)
    os.remove(os.path.join(folder, "prompt.npz"))
    os.rename(folder + "/voices/prompt.npz", folder + "/en_speaker_1.npz")
    os.rmdir(folder + "/voices")
    settings.write(facts, folder)

    def ids(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    first = SENTENCES[0]
    _, with_none = spoken(model, ids(first), None)
    made, with_voice = spoken(model, ids(first), prompt())
    cases = [{"text": first, "voice": False, **with_none},
             {"text": first, "voice": True, **with_voice}]
    # One that goes on from what was said, and one that ends before the likeliest token ends it.
    cases.append(next(
        {"text": text, "voice": True, "carried": True, **said} for text in SENTENCES[1:]
        for _, said in [spoken(model, ids(text), carried(prompt(), made))]
        if len(said["semantic"]) > 12))
    cases.append(next(
        {"text": text, "voice": True, "end_probability": bound, **said}
        for text in SENTENCES[1:] for bound in (0.05, 0.1, 0.2)
        for _, said in [spoken(model, ids(text), prompt(), bound)]
        if 12 < len(said["semantic"]) < 36))
    with open(os.path.join(folder, "reference.json"), "w", encoding="utf-8") as out:
        json.dump({"words": [{"text": text, "ids": ids(text)} for text in SENTENCES + HARD],
                   "cases": cases}, out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")
    for case in cases:
        print(len(case["semantic"]), len(set(case["semantic"])), len(set(case["coarse"])),
              case["count"], case["absolute_sum"] / case["count"])


if __name__ == "__main__":
    main()
