/// A kind of problem, as its `type` names it: `/docs#kind`.
struct ProblemKind: Sendable {
    let name: String
    let status: Int
    let meaning: String

    private init(_ status: Int, _ name: String, _ meaning: String) {
        self.status = status
        self.name = name
        self.meaning = meaning
    }

    static let all: [ProblemKind] = [
        ProblemKind(
            400, "bad-field", "A field has a value that is not allowed; limit says what is."),
        ProblemKind(400, "field-missing", "A field that is needed was not sent."),
        ProblemKind(
            400, "bad-json", "The body is no JSON object of plain values, or nests too deep."),
        ProblemKind(400, "bad-form", "The form's percent escapes or UTF-8 are broken."),
        ProblemKind(400, "bad-multipart", "The multipart body is broken or has too many parts."),
        ProblemKind(400, "bad-query", "The query's percent escapes or UTF-8 are broken."),
        ProblemKind(
            400, "bad-ssml",
            "A text that begins with <speak> is no well-formed SSML; detail says what and where."),
        ProblemKind(
            400, "voice-unknown", "No voice of that name is here; limit lists those that are."),
        ProblemKind(400, "bad-content-coding", "The body is not in the coding that it names."),
        ProblemKind(400, "ambiguous-length", "The body's length is told twice, or in two ways."),
        ProblemKind(400, "bad-request-line", "The first line is not HTTP/1.1's."),
        ProblemKind(400, "bad-line-end", "A line of the head does not end in CR LF."),
        ProblemKind(400, "bad-header", "A header line is not well formed."),
        ProblemKind(400, "bad-host", "Host lacks, is told twice or is no host."),
        ProblemKind(400, "bad-chunk", "The chunked body is not well formed."),
        ProblemKind(400, "ended-early", "The connection ended within the request."),
        ProblemKind(401, "key", "A key is asked for: send Authorization: Bearer and the key."),
        ProblemKind(404, "not-found", "There is nothing at this path."),
        ProblemKind(
            404, "job-missing", "No such job is kept: it was deleted, or its hour is over."),
        ProblemKind(
            405, "method-not-allowed",
            "The path takes other methods; Allow lists them. A method that nobody knows is 501."),
        ProblemKind(408, "too-slow", "The head or the body took too long to arrive."),
        ProblemKind(409, "job-unfinished", "The job has not ended yet; its events tell when."),
        ProblemKind(412, "precondition", "If-Match names another entity tag than the result's."),
        ProblemKind(
            413, "body-too-large",
            "The body is over AVATAR_MAX_BODY_MB. Send opus or flac in place of wav."),
        ProblemKind(413, "text-too-long", "The text is over AVATAR_MAX_TEXT characters."),
        ProblemKind(413, "audio-too-long", "The audio lasts longer than is allowed."),
        ProblemKind(413, "image-too-large", "The image has too many pixels a side."),
        ProblemKind(
            413, "memory-limit",
            "The request alone needs more memory than AVATAR_MEMORY_MB gives to all of them."),
        ProblemKind(
            414, "target-too-long", "Path and query are too long; send fields in the body."),
        ProblemKind(415, "media-type", "The route does not take a body of that type."),
        ProblemKind(
            415, "encoding-unsupported", "The body's coding is not gzip, deflate or identity."),
        ProblemKind(415, "unreadable-audio", "The bytes cannot be read as audio."),
        ProblemKind(415, "unreadable-image", "The bytes cannot be read as an image."),
        ProblemKind(
            416, "range-unsatisfiable", "The range begins after the end; Content-Range tells it."),
        ProblemKind(417, "expectation-failed", "Expect holds something other than 100-continue."),
        ProblemKind(410, "result-gone", "The job's result was removed from the disk."),
        ProblemKind(422, "no-face", "The image shows no human face that is large enough."),
        ProblemKind(422, "fields-conflict", "Two fields ask for what can't be had together."),
        ProblemKind(
            422, "no-silhouette", "The person cannot be told from the background to be replaced."),
        ProblemKind(422, "audio-too-short", "The audio is too short to be animated."),
        ProblemKind(422, "nothing-to-speak", "The text holds nothing that can be spoken."),
        ProblemKind(422, "script-unsupported", "The voice cannot read the script of the text."),
        ProblemKind(
            422, "bad-lexicon",
            "An entry of lexicon is too long, empty, or has signs that the voice has no sound for."),
        ProblemKind(
            422, "engine-unknown",
            "No engine of that name animates here; limit lists those that do."),
        ProblemKind(422, "model-unknown", "No model of that name is in the models folder."),
        ProblemKind(422, "language-unknown", "The model does not know the language."),
        ProblemKind(
            422, "webhook-refused",
            "The webhook's host is not in AVATAR_WEBHOOK_HOSTS, or the request makes no job."),
        ProblemKind(
            429, "overloaded",
            "All places are taken; Retry-After says when to come again. 503 where memory for bodies is full."
        ),
        ProblemKind(
            429, "client-overloaded",
            "This client has as many requests here as AVATAR_CLIENT_QUEUE lets one have."),
        ProblemKind(431, "head-too-large", "The head is too large."),
        ProblemKind(500, "engine-failed", "An engine failed; our fault."),
        ProblemKind(500, "encoder-failed", "An encoder failed; our fault."),
        ProblemKind(500, "library-missing", "A shared library is not there; ask the operator."),
        ProblemKind(500, "internal", "An error of our own."),
        ProblemKind(
            501, "upgrade-unsupported",
            "There are no WebSockets here: behind a function's address none can live."),
        ProblemKind(501, "coding-unsupported", "The transfer coding is not chunked."),
        ProblemKind(
            503, "model-missing",
            "The model is not in the models folder. On /v1 an unknown name is 404."),
        ProblemKind(
            503, "model-damaged", "A model's file is not what it should be; ask the operator."),
        ProblemKind(
            503, "reader-missing",
            "The voice reads its language by espeak-ng, which is not installed on the server."),
        ProblemKind(
            503, "lexicon-broken",
            "A line of the server's own lexicon.tsv or lexicon.pls cannot be read; ask the operator."
        ),
        ProblemKind(
            503, "device-failed",
            "The GPU that AVATAR_BACKEND asks for failed while a model was loaded; ask the operator."
        ),
        ProblemKind(
            503, "device-full", "The model has no room in the GPU memory that may be used."),
        ProblemKind(
            503, "store-full", "No more jobs or results can be kept now; Retry-After says when."),
        ProblemKind(
            503, "store-unavailable",
            "Results have no place to lie; ask the operator for a writable temporary folder."),
        ProblemKind(
            503, "memory-full",
            "The memory for requests is taken by others; Retry-After says when to come again."),
        ProblemKind(503, "cancelled", "The server is stopping; send the request again."),
        ProblemKind(504, "deadline", "The work took longer than one request may."),
        ProblemKind(505, "version-unsupported", "Only HTTP/1.1 and 1.0 are understood."),
    ]
}
