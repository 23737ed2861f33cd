/// A kind of problem. Its raw value is its name in `type`: `/docs#kind`.
enum ProblemKind: String, Sendable, CaseIterable {
    case badField = "bad-field"
    case fieldMissing = "field-missing"
    case badJSON = "bad-json"
    case badForm = "bad-form"
    case badMultipart = "bad-multipart"
    case badQuery = "bad-query"
    case badSSML = "bad-ssml"
    case voiceUnknown = "voice-unknown"
    case badContentCoding = "bad-content-coding"
    case ambiguousLength = "ambiguous-length"
    case badRequestLine = "bad-request-line"
    case badLineEnd = "bad-line-end"
    case badHeader = "bad-header"
    case badHost = "bad-host"
    case badChunk = "bad-chunk"
    case endedEarly = "ended-early"
    case key
    case originRefused = "origin-refused"
    case notFound = "not-found"
    case jobMissing = "job-missing"
    case methodNotAllowed = "method-not-allowed"
    case tooSlow = "too-slow"
    case jobUnfinished = "job-unfinished"
    case precondition
    case bodyTooLarge = "body-too-large"
    case textTooLong = "text-too-long"
    case audioTooLong = "audio-too-long"
    case imageTooLarge = "image-too-large"
    case memoryLimit = "memory-limit"
    case targetTooLong = "target-too-long"
    case mediaType = "media-type"
    case encodingUnsupported = "encoding-unsupported"
    case unreadableAudio = "unreadable-audio"
    case unreadableImage = "unreadable-image"
    case unreadableVideo = "unreadable-video"
    case rangeUnsatisfiable = "range-unsatisfiable"
    case expectationFailed = "expectation-failed"
    case resultGone = "result-gone"
    case noFace = "no-face"
    case fieldsConflict = "fields-conflict"
    case noSilhouette = "no-silhouette"
    case audioTooShort = "audio-too-short"
    case nothingToSpeak = "nothing-to-speak"
    case scriptUnsupported = "script-unsupported"
    case badLexicon = "bad-lexicon"
    case engineUnknown = "engine-unknown"
    case modelUnknown = "model-unknown"
    case languageUnknown = "language-unknown"
    case webhookRefused = "webhook-refused"
    case overloaded
    case clientOverloaded = "client-overloaded"
    case headTooLarge = "head-too-large"
    case engineFailed = "engine-failed"
    case encoderFailed = "encoder-failed"
    case signingFailed = "signing-failed"
    case libraryMissing = "library-missing"
    case `internal`
    case badUpgrade = "bad-upgrade"
    case upgradeUnsupported = "upgrade-unsupported"
    case codingUnsupported = "coding-unsupported"
    case modelMissing = "model-missing"
    case modelDamaged = "model-damaged"
    case readerMissing = "reader-missing"
    case lexiconBroken = "lexicon-broken"
    case deviceFailed = "device-failed"
    case deviceFull = "device-full"
    case storeFull = "store-full"
    case storeUnavailable = "store-unavailable"
    case memoryFull = "memory-full"
    case cancelled
    case deadline
    case versionUnsupported = "version-unsupported"

    /// The status that answers it, where nothing says otherwise.
    var status: Int { facts.status }

    /// What it means, and what helps.
    var meaning: String { facts.meaning }

    private var facts: (status: Int, meaning: String) {
        switch self {
        case .badField:
            (400, "A field has a value that is not allowed; limit says what is.")
        case .fieldMissing:
            (400, "A field that is needed was not sent.")
        case .badJSON:
            (400, "The body is no JSON object of plain values, or nests too deep.")
        case .badForm:
            (400, "The form's percent escapes or UTF-8 are broken.")
        case .badMultipart:
            (400, "The multipart body is broken or has too many parts.")
        case .badQuery:
            (400, "The query's percent escapes or UTF-8 are broken.")
        case .badSSML:
            (
                400,
                "A text that begins with <speak> is no well-formed SSML; detail says what and where."
            )
        case .voiceUnknown:
            (400, "No voice of that name is here; limit lists those that are.")
        case .badContentCoding:
            (400, "The body is not in the coding that it names.")
        case .ambiguousLength:
            (400, "The body's length is told twice, or in two ways.")
        case .badRequestLine:
            (400, "The first line is not HTTP/1.1's.")
        case .badLineEnd:
            (400, "A line of the head does not end in CR LF.")
        case .badHeader:
            (400, "A header line is not well formed.")
        case .badHost:
            (400, "Host lacks, is told twice or is no host.")
        case .badChunk:
            (400, "The chunked body is not well formed.")
        case .endedEarly:
            (400, "The connection ended within the request.")
        case .key:
            (401, "A key is asked for: send Authorization: Bearer and the key.")
        case .originRefused:
            (
                403,
                "A page of that origin may not do this; AVATAR_CORS_ORIGINS lists those that may."
            )
        case .notFound:
            (404, "There is nothing at this path.")
        case .jobMissing:
            (404, "No such job is kept: it was deleted, or its hour is over.")
        case .methodNotAllowed:
            (
                405,
                "The path takes other methods; Allow lists them. A method that nobody knows is 501."
            )
        case .tooSlow:
            (408, "The head or the body took too long to arrive.")
        case .jobUnfinished:
            (409, "The job has not ended yet; its events tell when.")
        case .precondition:
            (412, "If-Match names another entity tag than the result's.")
        case .bodyTooLarge:
            (413, "The body is over AVATAR_MAX_BODY_MB. Send opus or flac in place of wav.")
        case .textTooLong:
            (413, "The text is over AVATAR_MAX_TEXT characters.")
        case .audioTooLong:
            (413, "The audio lasts longer than is allowed.")
        case .imageTooLarge:
            (413, "The image, or the video, has too many pixels a side.")
        case .memoryLimit:
            (413, "The request alone needs more memory than AVATAR_MEMORY_MB gives to all of them.")
        case .targetTooLong:
            (414, "Path and query are too long; send fields in the body.")
        case .mediaType:
            (415, "The route does not take a body of that type.")
        case .encodingUnsupported:
            (415, "The body's coding is not gzip, deflate or identity.")
        case .unreadableAudio:
            (415, "The bytes cannot be read as audio.")
        case .unreadableImage:
            (415, "The bytes cannot be read as an image.")
        case .unreadableVideo:
            (415, "The bytes cannot be read as a video, or in no codec that is decoded here.")
        case .rangeUnsatisfiable:
            (416, "The range begins after the end; Content-Range tells it.")
        case .expectationFailed:
            (417, "Expect holds something other than 100-continue.")
        case .resultGone:
            (410, "The job's result was removed from the disk.")
        case .noFace:
            (422, "The image, or the video, shows no human face that is large enough.")
        case .fieldsConflict:
            (422, "Fields ask for what can't be had together, or from this file.")
        case .noSilhouette:
            (422, "The person cannot be told from the background to be replaced.")
        case .audioTooShort:
            (422, "The audio is too short to be animated.")
        case .nothingToSpeak:
            (422, "The text holds nothing that can be spoken.")
        case .scriptUnsupported:
            (422, "The voice cannot read the script of the text.")
        case .badLexicon:
            (
                422,
                "An entry of lexicon is too long, empty, or has signs that the voice has no sound for."
            )
        case .engineUnknown:
            (422, "No engine of that name animates here; limit lists those that do.")
        case .modelUnknown:
            (422, "No model of that name is in the models folder.")
        case .languageUnknown:
            (422, "The model does not know the language.")
        case .webhookRefused:
            (422, "The webhook's host is not in AVATAR_WEBHOOK_HOSTS, or the request makes no job.")
        case .overloaded:
            (
                429,
                "All places are taken; Retry-After says when to come again. 503 where memory for bodies is full."
            )
        case .clientOverloaded:
            (429, "This client has as many requests here as AVATAR_CLIENT_QUEUE lets one have.")
        case .headTooLarge:
            (431, "The head is too large.")
        case .engineFailed:
            (500, "An engine failed; our fault.")
        case .encoderFailed:
            (500, "An encoder failed; our fault.")
        case .signingFailed:
            (500, "The Content Credentials could not be signed; ask the operator.")
        case .libraryMissing:
            (500, "A shared library is not there; ask the operator.")
        case .internal:
            (500, "An error of our own.")
        case .badUpgrade:
            (400, "The request is no WebSocket handshake; 426 where no upgrade is asked for.")
        case .upgradeUnsupported:
            (501, "There are no WebSockets here: behind a function's address none can live.")
        case .codingUnsupported:
            (501, "The transfer coding is not chunked.")
        case .modelMissing:
            (503, "The model is not in the models folder. On /v1 an unknown name is 404.")
        case .modelDamaged:
            (503, "A model's file is not what it should be; ask the operator.")
        case .readerMissing:
            (
                503,
                "The voice reads its language by espeak-ng, which is not installed on the server."
            )
        case .lexiconBroken:
            (
                503,
                "A line of the server's own lexicon.tsv or lexicon.pls cannot be read; ask the operator."
            )
        case .deviceFailed:
            (
                503,
                "The GPU that AVATAR_BACKEND asks for failed while a model was loaded; ask the operator."
            )
        case .deviceFull:
            (503, "The model has no room in the GPU memory that may be used.")
        case .storeFull:
            (503, "No more jobs or results can be kept now; Retry-After says when.")
        case .storeUnavailable:
            (503, "Results have no place to lie; ask the operator for a writable temporary folder.")
        case .memoryFull:
            (
                503,
                "The memory for requests is taken by others; Retry-After says when to come again."
            )
        case .cancelled:
            (503, "The server is stopping; send the request again.")
        case .deadline:
            (504, "The work took longer than one request may.")
        case .versionUnsupported:
            (505, "Only HTTP/1.1 and 1.0 are understood.")
        }
    }
}
