/// libcurl's types and constants, and its calls through pointers from dlsym: the library itself is
/// opened when it is first needed, since linking it costs more than all the rest of our start.
#pragma once
#include <curl/curl.h>

// The library's own version is asked for when it is opened.
#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85.0 or newer is needed: CURLOPT_PROTOCOLS_STR"
#endif

/// curl_easy_setopt is variadic, which Swift can't call.
static inline CURLcode curl_call_set_long(void *setopt, CURL *c, CURLoption o, long v) {
    return ((CURLcode(*)(CURL *, CURLoption, ...))setopt)(c, o, v);
}
static inline CURLcode curl_call_set_size(void *setopt, CURL *c, CURLoption o, long long v) {
    return ((CURLcode(*)(CURL *, CURLoption, ...))setopt)(c, o, (curl_off_t)v);
}
static inline CURLcode curl_call_set_text(void *setopt, CURL *c, CURLoption o, const char *v) {
    return ((CURLcode(*)(CURL *, CURLoption, ...))setopt)(c, o, v);
}
static inline CURLcode curl_call_set_pointer(void *setopt, CURL *c, CURLoption o, void *v) {
    return ((CURLcode(*)(CURL *, CURLoption, ...))setopt)(c, o, v);
}
/// curl_easy_getinfo, variadic too, for CURLINFO_RESPONSE_CODE.
static inline long curl_call_status(void *getinfo, CURL *c) {
    long status = 0;
    ((CURLcode(*)(CURL *, CURLINFO, ...))getinfo)(c, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
/// As 0xXXYYZZ.
static inline unsigned curl_call_version(void *version_info) {
    return ((curl_version_info_data * (*)(CURLversion)) version_info)(CURLVERSION_NOW)->version_num;
}
static inline CURL *curl_call_init(void *init) { return ((CURL * (*)(void)) init)(); }
static inline CURLcode curl_call_perform(void *perform, CURL *c) {
    return ((CURLcode(*)(CURL *))perform)(c);
}
static inline void curl_call_one(void *function, CURL *c) { ((void (*)(CURL *))function)(c); }
static inline struct curl_slist *curl_call_append(
    void *append, struct curl_slist *list, const char *line) {
    return ((struct curl_slist * (*)(struct curl_slist *, const char *)) append)(list, line);
}
static inline void curl_call_free_list(void *release, struct curl_slist *list) {
    ((void (*)(struct curl_slist *))release)(list);
}

/// CURLOPT_QUICK_EXIT, of 7.87.0.
static const CURLoption curl_quick_exit = (CURLoption)(CURLOPTTYPE_LONG + 322);

/// The multi interface. Each returns a CURLMcode, 0 for success.
static inline CURLM *curl_call_multi_init(void *init) { return ((CURLM * (*)(void)) init)(); }
/// curl_multi_add_handle, curl_multi_remove_handle.
static inline int curl_call_multi_pair(void *function, CURLM *m, CURL *c) {
    return ((CURLMcode(*)(CURLM *, CURL *))function)(m, c);
}
static inline int curl_call_multi_perform(void *perform, CURLM *m) {
    int running = 0;
    return ((CURLMcode(*)(CURLM *, int *))perform)(m, &running);
}
static inline int curl_call_multi_poll(void *poll, CURLM *m, int milliseconds) {
    return ((CURLMcode(*)(CURLM *, struct curl_waitfd *, unsigned, int, int *))poll)(
        m, NULL, 0, milliseconds, NULL);
}
/// curl_multi_wakeup, curl_multi_cleanup.
static inline int curl_call_multi_one(void *function, CURLM *m) {
    return ((CURLMcode(*)(CURLM *))function)(m);
}
/// The next transfer that has ended, and its code; null where there is none.
static inline CURL *curl_call_multi_ended(void *info_read, CURLM *m, int *code) {
    int left = 0;
    CURLMsg *message;
    while ((message = ((CURLMsg * (*)(CURLM *, int *)) info_read)(m, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
