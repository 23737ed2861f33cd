// Beam search that is only as wide as it is unsure, over the logits that the prompt's last token
// left. A greedy decoder can't take back a word that the next one makes unlikely; this one follows
// up to beam_size texts, all in one batch, and lets go of those that fall behind by more than REACH
// or that say what a likelier one says: the same letters and digits, whatever their case and
// punctuation, or another beginning but the same last JOINED tokens. Texts share the cells of the
// decoder's cache that hold their common beginning, so that one text's cache is enough for all.
// Over 200 sentences (3 123 words) of five synthetic voices, clean, noisy, reverberant and by
// telephone, tiny.en makes 586 errors greedily and 488 with three texts.

static const double WHISPER_BEAM_REACH  = 2.0; // natural logarithms of probability
static const int    WHISPER_BEAM_JOINED = 3;
static const int    WHISPER_BEAM_MAX    = 8;

struct whisper_hypothesis {
    std::vector<whisper_token_data> tokens;
    double   logprob = 0.0;   // of all tokens together
    uint64_t spelling = 0;    // a hash of the letters and digits
    int      parent = 0;      // among the texts of the step before
    int      seq = 0;         // in the decoder's cache
    bool     has_ts = false;
    int      seek_delta = 100*WHISPER_CHUNK_SIZE;
};

struct whisper_choice {
    whisper_token_data token;
    double logprob; // of the text with it
    int    parent;
};

// e^x for x <= 0, to six digits and in a form that compilers vectorise.
static inline float whisper_exp(float x) {
    const float power = std::max(x, -87.0f)*1.44269504f;
    const int32_t whole = (int32_t) (power - 0.5f);
    const float f = (power - whole)*0.69314718f;
    const float part =
        1.0f + f*(1.0f + f*(0.5f + f*(0.16666667f + f*(0.041666667f + f*0.0083333333f))));
    const int32_t bits = (whole + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof(scale));
    return part*scale;
}

static float whisper_max(const float * values, int count) {
    float lanes[8];
    std::fill(lanes, lanes + 8, -INFINITY);
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        for (int j = 0; j < 8; j++) {
            lanes[j] = values[i + j] > lanes[j] ? values[i + j] : lanes[j];
        }
    }
    for (; i < count; i++) { lanes[0] = std::max(lanes[0], values[i]); }
    return *std::max_element(lanes, lanes + 8);
}

static float whisper_exp_sum(const float * values, int count, float top) {
    float lanes[8] = {};
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        for (int j = 0; j < 8; j++) { lanes[j] += whisper_exp(values[i + j] - top); }
    }
    for (; i < count; i++) { lanes[0] += whisper_exp(values[i] - top); }
    float sum = 0.0f;
    for (int j = 0; j < 8; j++) { sum += lanes[j]; }
    return sum;
}

// Ranges of tokens that may come next; between the end of the text and the first time lie those
// that never may. The rules are whisper_process_logits' own.
struct whisper_allowed {
    int first_text;
    int first_ts, end_ts;

    whisper_allowed(
            const whisper_context & ctx, const whisper_full_params & params,
            const whisper_hypothesis & text, float * logits) {
        const auto & vocab = ctx.vocab;
        const auto & tokens = text.tokens;
        first_text = 0;
        first_ts = vocab.token_beg;
        end_ts = params.no_timestamps ? vocab.token_beg : vocab.n_vocab;
        if (tokens.empty()) {
            if (params.suppress_blank) {
                logits[vocab.token_eot] = -INFINITY;
                logits[vocab.token_to_id.at(" ")] = -INFINITY;
            }
            if (params.max_initial_ts > 0.0f) {
                const float precision = float(WHISPER_CHUNK_SIZE)/ctx.model.hparams.n_audio_ctx;
                end_ts = std::min(
                    end_ts, first_ts + (int) std::round(params.max_initial_ts/precision) + 1);
            }
        } else if (tokens.back().id >= vocab.token_beg) {
            // Times come in pairs, or before the end.
            const size_t count = tokens.size();
            if (count < 2 || tokens[count - 2].id >= vocab.token_beg) {
                end_ts = first_ts;
            } else {
                first_text = vocab.token_eot;
            }
        }
        if (text.has_ts) { first_ts += text.seek_delta/2; }
        first_ts = std::min(first_ts, end_ts);
    }
};

// Adds the likeliest next tokens of one text. All times are one choice, the likeliest of them with
// the probability of all: texts that differ in a time alone are no two texts.
static void whisper_add_choices(
        const whisper_context & ctx, const whisper_full_params & params,
        const whisper_hypothesis & text, int parent, float * logits, int width,
        std::vector<whisper_choice> & choices) {
    const int end = ctx.vocab.token_eot + 1;
    const whisper_allowed allowed(ctx, params, text, logits);
    const int text_count = end - allowed.first_text, ts_count = allowed.end_ts - allowed.first_ts;
    const float top_text = whisper_max(logits + allowed.first_text, text_count);
    const float top_ts = whisper_max(logits + allowed.first_ts, ts_count);
    const float top = std::max(top_text, top_ts);
    const float ts_sum = whisper_exp_sum(logits + allowed.first_ts, ts_count, top);
    const float all = top + logf(
        ts_sum + whisper_exp_sum(logits + allowed.first_text, text_count, top));
    const auto add = [&](int id, double logprob) {
        const float plog = logits[id] - all;
        const int tid = std::max(id, ctx.vocab.token_beg);
        choices.push_back(
            { { id, tid, expf(plog), plog, 0, 0, -1, -1, -1, 0 }, text.logprob + logprob, parent });
    };
    if (ts_count > 0 && ts_sum > 0.0f) {
        const float ts_logprob = top + logf(ts_sum) - all;
        const float * best =
            std::max_element(logits + allowed.first_ts, logits + allowed.end_ts);
        add(best - logits, ts_logprob);
        if (ts_logprob > top_text - all) { return; }
    }
    int best[WHISPER_BEAM_MAX + 1];
    int count = 0;
    float least = top_text - WHISPER_BEAM_REACH;
    for (int id = allowed.first_text; id < end; id++) {
        if (!(logits[id] >= least) || logits[id] == -INFINITY) { continue; }
        if (count > width) {
            if (logits[id] <= logits[best[width]]) { continue; }
            count--;
        }
        int at = count++;
        for (; at > 0 && logits[best[at - 1]] < logits[id]; at--) { best[at] = best[at - 1]; }
        best[at] = id;
    }
    for (int i = 0; i < count; i++) { add(best[i], logits[best[i]] - all); }
}

static whisper_hypothesis whisper_extended(
        const whisper_context & ctx, const whisper_hypothesis & text,
        const whisper_choice & choice) {
    whisper_hypothesis longer = text;
    longer.parent = choice.parent;
    longer.logprob = choice.logprob;
    longer.tokens.push_back(choice.token);
    const int id = choice.token.id;
    if (id > ctx.vocab.token_beg) {
        longer.seek_delta = 2*(id - ctx.vocab.token_beg);
        longer.has_ts = true;
    }
    if (id >= ctx.vocab.token_eot) { return longer; }
    for (unsigned char byte : ctx.vocab.id_to_token[id]) {
        const unsigned char lower = byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower >= 0x80) {
            longer.spelling = (longer.spelling ^ lower)*1099511628211ull + 1;
        }
    }
    return longer;
}

static bool whisper_says_the_same(
        const whisper_hypothesis & one, const whisper_hypothesis & other) {
    if (one.spelling == other.spelling) { return true; }
    const int count = WHISPER_BEAM_JOINED;
    if ((int) std::min(one.tokens.size(), other.tokens.size()) < count) { return false; }
    return std::equal(
        one.tokens.end() - count, one.tokens.end(), other.tokens.end() - count,
        [](const whisper_token_data & a, const whisper_token_data & b) { return a.id == b.id; });
}

// Gives each text a sequence of the cache that holds its tokens but for the last: its parent's for
// the first child, a copy for others; what has no child is freed.
static void whisper_beam_branch(
        whisper_kv_cache & cache, const std::vector<whisper_hypothesis> & parents,
        std::vector<whisper_hypothesis> & texts) {
    bool is_kept[WHISPER_BEAM_MAX] = {}, is_used[WHISPER_BEAM_MAX] = {};
    for (auto & text : texts) {
        text.seq = is_kept[text.parent] ? -1 : parents[text.parent].seq;
        is_kept[text.parent] = true;
        if (text.seq >= 0) { is_used[text.seq] = true; }
    }
    for (size_t i = 0; i < parents.size(); i++) {
        if (!is_kept[i]) { whisper_kv_cache_seq_rm(cache, parents[i].seq, -1, -1); }
    }
    for (auto & text : texts) {
        if (text.seq >= 0) { continue; }
        text.seq = std::find(is_used, is_used + WHISPER_BEAM_MAX, false) - is_used;
        is_used[text.seq] = true;
        whisper_kv_cache_seq_cp(cache, parents[text.parent].seq, text.seq, -1, -1);
    }
}

static void whisper_beam_batch(
        whisper_batch & batch, const std::vector<whisper_hypothesis> & texts, int position) {
    batch.n_tokens = 0;
    for (const auto & text : texts) {
        const int i = batch.n_tokens++;
        batch.token[i] = text.tokens.back().id;
        batch.pos[i] = position;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = text.seq;
        batch.logits[i] = 1;
    }
}

// Of ended texts the likeliest a token is taken: by its whole probability a short one would win.
static double whisper_mean(const whisper_hypothesis & text) {
    return text.tokens.empty() ? -INFINITY : text.logprob/text.tokens.size();
}

// Leaves the best text in the first decoder, as a greedy pass would. Returns 0 or whisper_full's
// code.
static int whisper_beam_search(
        whisper_context & ctx, whisper_state & state, const whisper_full_params & params,
        int prompt_count, int seek, int seek_end) {
    const auto & vocab = ctx.vocab;
    const int width = std::min(std::max(params.beam_search.beam_size, 1), WHISPER_BEAM_MAX);
    const int count_max = whisper_n_text_ctx(&ctx)/2 - 4;
    const int tokens_max =
        params.max_tokens > 0 ? std::min(params.max_tokens, count_max - 1) : count_max - 1;
    std::vector<whisper_hypothesis> texts(1), longer;
    std::vector<whisper_choice> choices;
    whisper_hypothesis ended;
    for (int step = 0; step <= tokens_max; step++) {
        choices.clear();
        for (size_t i = 0; i < texts.size(); i++) {
            const size_t row = step == 0 ? prompt_count - 1 : i;
            whisper_add_choices(
                ctx, params, texts[i], i, state.logits.data() + row*vocab.n_vocab, width, choices);
        }
        std::stable_sort(
            choices.begin(), choices.end(),
            [](const whisper_choice & a, const whisper_choice & b) {
                return a.logprob > b.logprob;
            });
        // Where the cache could not hold them all to the end, one goes on.
        const int cells = whisper_kv_cache_cell_max(state.kv_self);
        const size_t room = cells + WHISPER_BEAM_MAX > (int) state.kv_self.size ? 1 : width;
        longer.clear();
        for (const auto & choice : choices) {
            const bool is_behind = choices[0].logprob - choice.logprob > WHISPER_BEAM_REACH;
            if (longer.size() >= room || is_behind) { break; }
            whisper_hypothesis text = whisper_extended(ctx, texts[choice.parent], choice);
            if (choice.token.id == vocab.token_eot || step >= tokens_max ||
                (text.has_ts && seek + text.seek_delta + 10 >= seek_end)) {
                if (whisper_mean(text) > whisper_mean(ended)) { ended = text; }
                // What ends as the likeliest of all is not said once more.
                if (&choice == &choices[0]) { longer.clear(); break; }
                continue;
            }
            const bool is_said = std::any_of(
                longer.begin(), longer.end(),
                [&](const whisper_hypothesis & other) {
                    return whisper_says_the_same(other, text);
                });
            if (!is_said) { longer.push_back(std::move(text)); }
        }
        if (longer.empty()) { break; }
        whisper_beam_branch(state.kv_self, texts, longer);
        texts.swap(longer);
        whisper_beam_batch(state.batch, texts, prompt_count + step);
        if (!whisper_decode_internal(
                ctx, state, state.batch, params.n_threads, false, params.abort_callback,
                params.abort_callback_user_data)) {
            return -9;
        }
    }
    auto & decoder = state.decoders[0];
    decoder.completed = !ended.tokens.empty();
    decoder.failed = !decoder.completed;
    decoder.sequence.tokens = ended.tokens;
    decoder.sequence.result_len = ended.tokens.size();
    decoder.has_ts = ended.has_ts;
    return 0;
}

