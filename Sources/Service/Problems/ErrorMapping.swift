import EngineAPI
import Execution
import HTTPWire

// The one place where facts become prose and a status.
extension Problem {
    init(_ error: EngineError) {
        switch error {
        case .modelMissing(let path):
            self.init(
                .modelMissing,
                "The model file \(fileName(path)) is not in the models folder."
                    + Problem.exportHint(path), got: fileName(path))
        case .modelDamaged(let path):
            self.init(
                .modelDamaged,
                "The model file \(fileName(path)) is damaged, or is no model."
                    + Problem.exportHint(path), got: fileName(path))
        case .modelMismatch(let path, let tensor, let wanted, let found):
            self.init(
                .modelDamaged,
                "The model file \(fileName(path)) is another network than its name says: "
                    + "\"\(tensor)\" should be \(wanted) and is \(found ?? "missing")."
                    + Problem.exportHint(path), limit: wanted, got: found ?? fileName(path))
        case .modelTooLarge(let name, let need, let limit):
            self.init(
                .memoryLimit,
                "The model \(name) takes more memory than this server gives to models.",
                field: "model", limit: "\(limit >> 20) MiB", got: "\(need >> 20) MiB")
        case .libraryMissing(let name):
            self.init(.libraryMissing, "The shared library \(name) could not be opened.")
        case .readerMissing(let library, let language):
            self.init(
                .readerMissing,
                "This voice reads \(language) by espeak-ng, which is not installed on the server.",
                field: "voice", got: library)
        case .lexiconBroken(let file, let line):
            self.init(
                .lexiconBroken, "The server's own \(file) cannot be read at line \(line).",
                got: "\(file), line \(line)")
        case .threadMissing:
            self.init(
                .overloaded, status: 503,
                "The server has no thread left for this; try again shortly.",
                retryAfterSeconds: 2)
        case .cancelled:
            self.init(
                .cancelled, "The server is stopping; send the request again.",
                retryAfterSeconds: 1)
        case .memoryShort(let need, let limit) where need > limit:
            self.init(
                .memoryLimit,
                "The request needs more memory than this server gives to all requests together.",
                limit: "\(limit >> 20) MiB", got: "\(need >> 20) MiB")
        case .memoryShort(_, let limit):
            self.init(
                .memoryFull,
                "The memory for requests is taken by others; try again shortly.",
                limit: "\(limit >> 20) MiB", retryAfterSeconds: 2)
        case .deadlinePassed:
            self.init(
                .deadline, "The work took longer than one request may; send a shorter one.")
        case .deadlineTooShort(let need, let left):
            self.init(
                .deadline,
                "The rest of the work needs about \(Int(bounded: need.rounded(.up))) s, more than "
                    + "the request has left; send a shorter text or voice, or a lower fps.",
                limit: "\(Int(bounded: left)) s", got: "\(Int(bounded: need.rounded(.up))) s")
        case .backendFailed(let code):
            self.init(.engineFailed, "The engine failed with code \(code).")
        case .deviceFailed(let backend):
            self.init(
                .deviceFailed,
                "The GPU failed while a model was loaded, and AVATAR_BACKEND asks for it by name.",
                got: backend)
        case .outOfDeviceMemory(let need, let have):
            self.init(
                .deviceFull, "The model has no room in the GPU memory that may be used.",
                limit: "\(have >> 20) MiB", got: "\(need >> 20) MiB")
        case .runtimeRefused:
            self.init(.engineFailed, "ONNX Runtime refused to run the network.")
        case .encoderFailed(let code):
            self.init(.encoderFailed, "The encoder failed with code \(code).")
        case .signingFailed:
            self.init(.signingFailed, "The Content Credentials could not be signed.")
        case .inputEnded: self.init(HTTPError.endedEarly)
        case .unreadableAudio, .audioUnheard, .audioTooLong, .unreadableImage, .imageTooLarge,
            .videoUnread, .videoTooLarge, .noFace,
            .noSilhouette, .nothingToSpeak, .scriptUnsupported, .markupBroken, .voiceUnknown,
            .engineUnknown, .languageUnknown, .pronunciationUnknown, .voicesUnmixable:
            self = Problem.ofInput(error)
        }
    }

    /// What a client can mend by sending something else.
    private static func ofInput(_ error: EngineError) -> Problem {
        switch error {
        case .unreadableAudio:
            Problem(
                .unreadableAudio, "These bytes cannot be read as audio.",
                limit: audioForms)
        case .audioUnheard(let fault): of(fault)
        case .audioTooLong(let seconds):
            Problem(
                .audioTooLong, "The audio lasts longer than \(Int(bounded: seconds)) s.",
                limit: "\(Int(bounded: seconds)) s")
        case .unreadableImage:
            Problem(
                .unreadableImage, "These bytes cannot be read as an image.",
                field: "image", limit: "png, jpeg, webp, bmp, gif, heic")
        case .imageTooLarge(let width, let height, let side):
            Problem(
                .imageTooLarge, "The image has more pixels a side than \(side).",
                field: "image", limit: "\(side)x\(side)", got: "\(width)x\(height)")
        case .videoUnread(let fault): of(fault)
        case .videoTooLarge(let width, let height, let side):
            Problem(
                .imageTooLarge, "The video has more pixels a side than \(side).",
                limit: "\(side)x\(side)", got: "\(width)x\(height)")
        case .noFace(let reason):
            Problem(.noFace, noFaceText(reason), field: "image", got: reason.rawValue)
        case .noSilhouette:
            Problem(
                .noSilhouette,
                "The person cannot be told from the background of this image.",
                field: "background", limit: "keep")
        case .nothingToSpeak:
            Problem(
                .nothingToSpeak, "The text holds nothing that can be spoken.",
                field: "text")
        case .scriptUnsupported(let name):
            Problem(
                .scriptUnsupported,
                "The text is written in \(name), which this voice cannot read.", field: "text",
                got: name)
        case .pronunciationUnknown(let word, let symbols):
            Problem(
                .badLexicon,
                "The lexicon's reading of \(word) has signs that the voice has no sound for.",
                field: "lexicon", limit: "the international phonetic alphabet",
                got: "\(word): \(symbols)")
        case .markupBroken(let fault, let character):
            Problem(
                .badSSML, "\(markupText(fault)), at character \(character) of the text.",
                field: "text", got: "character \(character)")
        case .voiceUnknown(let name, let known):
            Problem(
                .voiceUnknown, "There is no such voice here.", field: "voice",
                limit: known.joined(separator: ", "), got: name)
        case .engineUnknown(let name, let known):
            Problem(
                .engineUnknown, "There is no such engine here.", field: "engine",
                limit: known.joined(separator: ", "), got: name)
        case .voicesUnmixable(let name):
            Problem(
                .badField,
                "Only voices of one network that has styles, as Kokoro's, can be mixed.",
                field: "voice", got: name)
        case .languageUnknown(let code, let model):
            Problem(
                .languageUnknown, "The model \(model) does not know that language.",
                field: "language", got: code)
        default: Problem(.internal, "An error of our own.")
        }
    }

    /// How an operator comes by a file that is never shipped.
    private static func exportHint(_ path: String) -> String {
        for (folder, name) in [("sadtalker", "SadTalker"), ("bark", "Bark")]
        where path.contains("/\(folder)/") {
            return " scripts/models/\(folder) makes it from \(name)'s weights."
        }
        return path.contains("/enhancer/")
            ? " It is a network that an operator brings for enhancer=face." : ""
    }

    private static func markupText(_ fault: EngineError.MarkupFault) -> String {
        switch fault {
        case .unclosed: "The SSML ends within something that is never closed"
        case .mismatched: "The SSML closes an element that is not the open one"
        case .badTag: "The SSML has a tag that is not well formed"
        case .badAttribute: "The SSML has an attribute that is not well formed"
        case .badValue: "The SSML has an attribute with a value that is not allowed"
        case .badEntity: "The SSML has an & that begins no known entity; write &amp; for the sign"
        case .declaration: "The SSML has a declaration, which is not read"
        case .tooDeep: "The SSML nests too deep"
        case .strayText: "The SSML has something outside of its one speak element"
        }
    }

    private static func noFaceText(_ reason: EngineError.NoFaceReason) -> String {
        switch reason {
        case .nothingFound: "No face was found in the image."
        case .notHuman: "What was found in the image does not have a human face's proportions."
        case .tooSmall: "The face in the image is too small to be animated."
        }
    }

    init(_ error: WebSocketUpgradeError) {
        switch error {
        case .unsupported: self.init(HTTPError.upgradeUnsupported)
        case .badMethod, .upgradeMissing, .badVersion, .badKey, .hasBody:
            self.init(
                .badUpgrade, status: error.status, "The request is no WebSocket handshake.",
                limit: "GET with Upgrade: websocket and Sec-WebSocket-Version: 13")
            headers = Dictionary(error.fields) { first, _ in first }
        }
    }

    init(_ error: Overload) {
        self.init(
            .overloaded, "All places are taken; try again shortly.",
            limit: "\(error.depthMax) requests at once", retryAfterSeconds: 2)
    }

    /// - route: what was asked for, where it is known: what helps differs.
    init(_ error: HTTPError, route: Route? = nil) {
        switch error {
        case .badRequestLine:
            self.init(.badRequestLine, "The request line is not HTTP/1.1's.")
        case .badLineEnd:
            self.init(.badLineEnd, "A line of the head does not end in CR LF.")
        case .badField: self.init(.badHeader, "A header line is not well formed.")
        case .badHost:
            self.init(.badHost, "Host must be sent once and be a host.", field: "Host")
        case .ambiguousLength:
            self.init(
                .ambiguousLength, "The length of the body is not clear.",
                field: "Content-Length")
        case .codingUnsupported:
            self.init(
                .codingUnsupported, "Only the transfer coding chunked is understood.",
                field: "Transfer-Encoding", limit: "chunked")
        case .badChunk: self.init(.badChunk, "The chunked body is not well formed.")
        case .versionUnsupported:
            self.init(.versionUnsupported, "Only HTTP/1.1 and 1.0 are understood.")
        case .targetTooLong(let max):
            self.init(.targetTooLong, "The target is too long.", limit: "\(max) bytes")
        case .headTooLarge(let max):
            self.init(.headTooLarge, "The head is too large.", limit: "\(max) bytes")
        case .bodyTooLarge(let max):
            let advice =
                switch route?.body {
                case .audio:
                    "Send compressed audio (opus, flac), or ask the operator for a higher "
                        + "AVATAR_MAX_BODY_MB."
                case .form:
                    "Send a smaller image and compressed audio (opus, flac), or ask the operator "
                        + "for a higher AVATAR_MAX_BODY_MB."
                case .fields: "Send a shorter text; AVATAR_MAX_TEXT bounds it."
                case nil: "Send less."
                }
            self.init(
                .bodyTooLarge, "The body is too large. " + advice,
                limit: "\(max) bytes")
        case .expectationFailed:
            self.init(
                .expectationFailed, "Only 100-continue is understood.", field: "Expect",
                limit: "100-continue")
        case .tooSlow(let seconds):
            self.init(
                .tooSlow, "The request took too long to arrive.",
                limit: "\(seconds) s")
        case .badContentCoding:
            self.init(
                .badContentCoding, "The body is not in the coding that it names.",
                field: "Content-Encoding")
        case .overloaded:
            self.init(
                .overloaded, status: error.status,
                "Too many bytes wait in requests; try again shortly.",
                retryAfterSeconds: 2)
        case .cancelled: self = Problem(.cancelled)
        case .upgradeUnsupported:
            self.init(
                .upgradeUnsupported, "There are no WebSockets behind this address.",
                field: "Upgrade")
        case .endedEarly, .clientGone:
            self.init(.endedEarly, "The connection ended within the request.")
        case .badMultipart(let what): self = Problem.ofMultipart(what)
        }
    }

    private static func ofMultipart(_ what: HTTPError.Multipart) -> Problem {
        let (detail, limit): (String, String?) =
            switch what {
            case .noBoundary: ("The multipart type has no boundary.", nil)
            case .badBoundary: ("The multipart boundary is not allowed.", "1 to 70 characters")
            case .noParts: ("The multipart body has no parts.", nil)
            case .badPartHead: ("A part's headers are not well formed.", nil)
            case .noName: ("A part has no name.", nil)
            case .tooManyParts: ("There are too many parts.", "\(MultipartParser.partsMax)")
            case .partHeadTooLarge: ("A part's headers are too large.", "8192 bytes")
            case .nameTooLong: ("A part's name is too long.", "4096 bytes")
            case .notClosed: ("The multipart body ends without its closing boundary.", nil)
            }
        return Problem(.badMultipart, detail, limit: limit)
    }
}

/// The last component of a path: where the models lie is nobody's business.
private func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
