#include "CWhisperShim.h"
#include <ggml-backend.h>
#include <whisper.h>

bool guarded_ggml_load(const char *path) {
    try {
        return ggml_backend_load(path) != nullptr;
    } catch (...) {
        return false;
    }
}

size_t guarded_ggml_free_bytes(void *device) {
    try {
        size_t free = 0, total = 0;
        ggml_backend_dev_memory(static_cast<ggml_backend_dev_t>(device), &free, &total);
        return free;
    } catch (...) {
        return 0;
    }
}

void *guarded_whisper_load(guarded_whisper_reader reader, int gpu) {
    try {
        auto parameters = whisper_context_default_params();
        parameters.use_gpu = gpu >= 0;
        parameters.gpu_device = gpu < 0 ? 0 : gpu;
        parameters.flash_attn = true;
        whisper_model_loader loader = {reader.source, reader.read, reader.has_ended, [](void *) {}};
        return whisper_init_with_params_no_state(&loader, parameters);
    } catch (...) {
        return nullptr;
    }
}

void *guarded_whisper_state(void *context) {
    try {
        return whisper_init_state(static_cast<whisper_context *>(context));
    } catch (...) {
        return nullptr;
    }
}

int guarded_whisper_full(
    void *context, void *state, const void *parameters, const float *samples, int count) {
    try {
        return whisper_full_with_state(
            static_cast<whisper_context *>(context), static_cast<whisper_state *>(state),
            *static_cast<const whisper_full_params *>(parameters), samples, count);
    } catch (...) {
        return GUARDED_THROWN;
    }
}

int guarded_whisper_decode(
    void *context, void *state, const int *tokens, int count, int past, int threads) {
    try {
        return whisper_decode_with_state(
            static_cast<whisper_context *>(context), static_cast<whisper_state *>(state), tokens,
            count, past, threads);
    } catch (...) {
        return GUARDED_THROWN;
    }
}

int guarded_whisper_attention(
    void *context, void *state, const int *tokens, int count, int threads, float *out,
    int out_count) {
    try {
        return whisper_cross_attention_with_state(
            static_cast<whisper_context *>(context), static_cast<whisper_state *>(state), tokens,
            count, threads, out, out_count);
    } catch (...) {
        return GUARDED_THROWN;
    }
}
