import EngineAPI

/// What a session is set to: the fields of `session.update`, merged into what was.
struct RealtimeConfiguration: Equatable, Sendable {
    enum Kind: String, Sendable {
        case conversation = "realtime"
        case transcription
    }

    /// When a turn is over.
    enum Detection: Equatable, Sendable {
        case server(ServerDetection)
        case semantic(SemanticDetection)
        /// The client commits.
        case manual
    }

    struct ServerDetection: Equatable, Sendable {
        var threshold = 0.5
        var paddingMilliseconds = 300
        var silenceMilliseconds = 500
        var createsResponse = true
        var interruptsResponse = true
    }

    struct SemanticDetection: Equatable, Sendable {
        var eagerness = "auto"
        var createsResponse = true
        var interruptsResponse = true

        /// Silence that ends a turn that does not sound as if it were over.
        var patienceMilliseconds: Int {
            switch eagerness {
            case "high": 2_000
            case "low": 8_000
            default: 4_000
            }
        }
    }

    /// How turns are read.
    struct Transcription: Equatable, Sendable {
        var model = "whisper-1"
        /// As it was told; `code` is what it means.
        var language: String?
        var code: String?
        var prompt = ""
        var delay = "low"
        var keywords: [String] = []
    }

    let kind: Kind
    let model: String
    var instructions = ""
    /// Answers are said; else they are text only.
    var isSpoken = true
    var input = AudioWire.pcm(rateHz: 24_000)
    /// nil: turns are read, but nobody is told the text.
    var transcription: Transcription?
    var detection = Detection.server(ServerDetection())
    var output = AudioWire.pcm(rateHz: 24_000)
    /// An id of a voice; nil is the default.
    var voice: String?
    /// As it was told.
    var voiceName = "alloy"
    var speed = 1.0
    var tools: [JSONValue] = []
    var toolChoice: JSONValue = "auto"
    /// nil is no limit.
    var maxOutputTokens: Int?
    var tellsWords = false
    var tellsVisemes = false
    var avatar: AvatarConfiguration?

    init(_ kind: Kind, model: String) {
        self.kind = kind
        self.model = model
        if kind == .transcription {
            transcription = Transcription()
            if !model.isEmpty { transcription?.model = model }
        }
    }

    /// Silence that ends a turn, and what else the detector goes by.
    var server: ServerDetection {
        switch detection {
        case .server(let server): return server
        case .manual: return ServerDetection()
        case .semantic(let semantic):
            // Where no net tells how the end of a turn sounds, silence does.
            var server = ServerDetection()
            server.silenceMilliseconds =
                switch semantic.eagerness {
                case "high": 400
                case "low": 1_200
                default: 700
                }
            server.createsResponse = semantic.createsResponse
            server.interruptsResponse = semantic.interruptsResponse
            return server
        }
    }

    var isManual: Bool { detection == .manual }

    /// Audio between two partial readings.
    var partialMilliseconds: Int {
        switch transcription?.delay {
        case "minimal": 400
        case "medium": 1_000
        case "high": 1_500
        case "xhigh": 3_000
        default: 600
        }
    }
}

/// A face that was asked for.
struct AvatarConfiguration: Equatable, Sendable {
    enum Portrait: Equatable, Sendable {
        /// The file that came as a data URI.
        case file([UInt8])
        /// An item of the session that holds an image.
        case item(String)
    }

    var portrait: Portrait?
    /// Pixels of the portrait, once it was read.
    var portraitWidth = 0
    var portraitHeight = 0
    var sidePixels = 512
    var framesPerSecond = 25
    var background: String?
    var amplitude = 1.0
    var expressionScale = 1.0
    var expression = AnimationOptions.FacialExpression.neutral
    var expressionIntensity = 1.0
    var facePoint: String?
    var leadMilliseconds = 200
    var isPaused = false

    /// Bytes of the portrait's file.
    var portraitBytes: Int { if case .file(let bytes) = portrait { bytes.count } else { 0 } }

    static let sides = [256, 384, 512, 768]

    /// Whether another face must be opened for it.
    func needsOpening(after other: AvatarConfiguration) -> Bool {
        var (one, two) = (self, other)
        (one.isPaused, two.isPaused) = (false, false)
        (one.leadMilliseconds, two.leadMilliseconds) = (0, 0)
        (one.expression, two.expression) = (.neutral, .neutral)
        (one.expressionIntensity, two.expressionIntensity) = (0, 0)
        (one.portraitWidth, two.portraitWidth) = (0, 0)
        (one.portraitHeight, two.portraitHeight) = (0, 0)
        return one != two
    }

    /// As `session.updated` shows it; the portrait is not told back.
    var shown: JSONValue {
        var fields: [String: JSONValue] = [
            "type": "photo-avatar", "output_protocol": "websocket",
            "video": [
                "codec": "h264",
                "resolution": [
                    "width": .number(Double(sidePixels)), "height": .number(Double(sidePixels)),
                ], "fps": .number(Double(framesPerSecond)),
            ], "scene": ["amplitude": .number(amplitude)],
            "expression_scale": .number(expressionScale),
            "expression": .string(expression.rawValue),
            "expression_intensity": .number(expressionIntensity),
            "lead_ms": .number(Double(leadMilliseconds)), "paused": .bool(isPaused),
        ]
        if portraitWidth > 0 {
            fields["image"] = [
                "width": .number(Double(portraitWidth)),
                "height": .number(Double(portraitHeight)),
            ]
        }
        fields["face"] = facePoint.map { .string($0) }
        return .object(fields)
    }
}
