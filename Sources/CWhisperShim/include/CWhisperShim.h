/// whisper.cpp's and ggml's calls are forwarded here to their shared libraries, which the first one
/// opens. Those that may throw where a GPU is concerned (no memory, a lost device) are wrapped: an
/// exception that reached Swift would end the process. Pointers are whisper.cpp's and ggml's own.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a call returns that was ended by an exception; none of whisper.cpp's own codes.
enum { GUARDED_THROWN = -1000 };

/// Opens libwhisper, libggml and libggml-base; false when one is missing, and then no other call may
/// be made.
bool guarded_whisper_library(void);
/// A backend's library, loaded and registered; false when it can't start.
bool guarded_ggml_load(const char *path);
/// Free bytes of a device; 0 when it can't tell.
size_t guarded_ggml_free_bytes(void *device);
/// Where a model's bytes come from, in order. `read` gives fewer than were asked for only at the end,
/// and from then on `has_ended` is true; neither may throw.
typedef struct {
    void *source;
    size_t (*read)(void *source, void *into, size_t count);
    bool (*has_ended)(void *source);
} guarded_whisper_reader;
/// A context without a state; null when it can't be made. `gpu` below 0 is the CPU.
void *guarded_whisper_load(guarded_whisper_reader reader, int gpu);
/// A state; null when there is no memory for it.
void *guarded_whisper_state(void *context);
/// `parameters` is a whisper_full_params.
int guarded_whisper_full(
    void *context, void *state, const void *parameters, const float *samples, int count);
/// Decodes tokens behind the first `past` of a text over the encoder's output that the state holds.
int guarded_whisper_decode(
    void *context, void *state, const int *tokens, int count, int past, int threads);
int guarded_whisper_attention(
    void *context, void *state, const int *tokens, int count, int threads, float *out,
    int out_count);

#ifdef __cplusplus
}
#endif
