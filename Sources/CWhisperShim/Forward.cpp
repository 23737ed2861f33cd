// The calls of whisper.cpp and ggml that this program makes, each forwarded to the shared library,
// which is opened by the first of them: linked the usual way it would be mapped, relocated and
// initialised before main, by every process that may never hear anything.
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
// Hidden, so that the libraries' own calls of these names stay their own.
#pragma GCC visibility push(hidden)
#include "CWhisperShim.h"
#include <ggml-backend.h>
#include <whisper.h>

namespace {

/// ggml's own handler prints a trace, for which it starts a debugger on the process.
void tell(const char *message) { std::fprintf(stderr, "ggml: %s\n", message); }

void *opened() {
    // None of them has a run path of its own; dlopen reads that of this executable, and what is
    // already open satisfies the next by its name.
    void *library = nullptr;
    for (const char *name : {"libggml-base.so.0", "libggml.so.0", "libwhisper.so.1"}) {
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!library) return nullptr;
    }
    // Structures go by value, so that only the version of the header will do; and a library that was
    // not built by scripts/setup lacks what it adds.
    auto *const version = reinterpret_cast<const char *(*)()>(dlsym(library, "whisper_version"));
    if (!version || std::strcmp(version(), "1.8.5") != 0
        || !dlsym(library, "whisper_cross_attention_with_state"))
        return nullptr;
    using Callback = void (*)(const char *);
    auto *const set = reinterpret_cast<Callback (*)(Callback)>(
        dlsym(library, "ggml_set_abort_callback"));
    if (set) set(tell);
    return library;
}

void *library() {
    static void *const once = opened();
    return once;
}

/// Searches whisper.cpp's library, then those that it needs.
template <typename Function> Function *bound(Function *, const char *name) {
    return reinterpret_cast<Function *>(dlsym(library(), name));
}

} // namespace

bool guarded_whisper_library() { return library() != nullptr; }

#define FORWARD(result, name, parameters, arguments)                                               \
    result name parameters {                                                                       \
        static auto *const function = bound(&name, #name);                                         \
        return function arguments;                                                                 \
    }

extern "C" {
FORWARD(ggml_backend_reg_t, ggml_backend_dev_backend_reg, (ggml_backend_dev_t d), (d))
FORWARD(size_t, ggml_backend_dev_count, (void), ())
FORWARD(const char *, ggml_backend_dev_description, (ggml_backend_dev_t d), (d))
FORWARD(ggml_backend_dev_t, ggml_backend_dev_get, (size_t index), (index))
FORWARD(void, ggml_backend_dev_memory, (ggml_backend_dev_t d, size_t *f, size_t *t), (d, f, t))
FORWARD(enum ggml_backend_dev_type, ggml_backend_dev_type, (ggml_backend_dev_t d), (d))
FORWARD(ggml_backend_reg_t, ggml_backend_load, (const char *path), (path))
FORWARD(const char *, ggml_backend_reg_name, (ggml_backend_reg_t r), (r))
FORWARD(void, ggml_log_set, (ggml_log_callback f, void *data), (f, data))

FORWARD(whisper_context_params, whisper_context_default_params, (void), ())
FORWARD(
    int, whisper_cross_attention_with_state,
    (whisper_context * c, whisper_state *s, const whisper_token *tokens, int count, int threads,
     float *out, int out_count),
    (c, s, tokens, count, threads, out, out_count))
FORWARD(
    int, whisper_decode_with_state,
    (whisper_context * c, whisper_state *s, const whisper_token *t, int n, int past, int threads),
    (c, s, t, n, past, threads))
FORWARD(void, whisper_free, (whisper_context * c), (c))
FORWARD(void, whisper_free_state, (whisper_state * s), (s))
FORWARD(whisper_full_params, whisper_full_default_params, (whisper_sampling_strategy s), (s))
FORWARD(
    float, whisper_full_get_segment_no_speech_prob_from_state, (whisper_state * s, int i), (s, i))
FORWARD(
    whisper_token_data, whisper_full_get_token_data_from_state, (whisper_state * s, int i, int j),
    (s, i, j))
FORWARD(int, whisper_full_lang_id_from_state, (whisper_state * s), (s))
FORWARD(int, whisper_full_n_segments_from_state, (whisper_state * s), (s))
FORWARD(int, whisper_full_n_tokens_from_state, (whisper_state * s, int i), (s, i))
FORWARD(
    int, whisper_full_with_state,
    (whisper_context * c, whisper_state *s, whisper_full_params p, const float *samples, int count),
    (c, s, p, samples, count))
FORWARD(
    whisper_context *, whisper_init_with_params_no_state,
    (whisper_model_loader * l, whisper_context_params p), (l, p))
FORWARD(whisper_state *, whisper_init_state, (whisper_context * c), (c))
FORWARD(float *, whisper_get_logits_from_state, (whisper_state * s), (s))
FORWARD(int, whisper_is_multilingual, (whisper_context * c), (c))
FORWARD(int, whisper_lang_id, (const char *code), (code))
FORWARD(int, whisper_lang_max_id, (void), ())
FORWARD(const char *, whisper_lang_str, (int id), (id))
FORWARD(void, whisper_log_set, (ggml_log_callback f, void *data), (f, data))
FORWARD(int, whisper_model_n_audio_ctx, (whisper_context * c), (c))
FORWARD(int, whisper_model_n_text_head, (whisper_context * c), (c))
FORWARD(int, whisper_model_n_text_layer, (whisper_context * c), (c))
FORWARD(int, whisper_model_n_vocab, (whisper_context * c), (c))
FORWARD(whisper_token, whisper_token_beg, (whisper_context * c), (c))
FORWARD(whisper_token, whisper_token_eot, (whisper_context * c), (c))
FORWARD(whisper_token, whisper_token_lang, (whisper_context * c, int id), (c, id))
FORWARD(whisper_token, whisper_token_not, (whisper_context * c), (c))
FORWARD(whisper_token, whisper_token_sot, (whisper_context * c), (c))
FORWARD(const char *, whisper_token_to_str, (whisper_context * c, whisper_token t), (c, t))
FORWARD(whisper_token, whisper_token_transcribe, (whisper_context * c), (c))
FORWARD(whisper_token, whisper_token_translate, (whisper_context * c), (c))
}
#pragma GCC visibility pop
