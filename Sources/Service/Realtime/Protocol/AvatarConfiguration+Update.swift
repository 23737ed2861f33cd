import EngineAPI
import FoundationEssentials

extension RealtimeConfiguration {
    /// `avatar`: merged into what was; `null` ends the face.
    mutating func takeAvatar(_ session: EventFields) throws(RealtimeError) {
        if session.isNull("avatar") { avatar = nil }
        guard let fields = try session.object("avatar") else { return }
        guard kind == .conversation else {
            throw RealtimeError(
                .invalidValue, "A session that only hears has no face.",
                param: session.param("avatar"))
        }
        var new = avatar ?? AvatarConfiguration()
        _ = try fields.choice("type", of: ["photo-avatar"])
        _ = try fields.choice("output_protocol", of: ["websocket"])
        try new.takePortrait(fields)
        guard new.portrait != nil else { throw fields.missing("image") }
        if let video = try fields.object("video") { try new.takeVideo(video) }
        if let scene = try fields.object("scene"),
            let told = try scene.number("amplitude", in: 0...1)
        {
            new.amplitude = told
        }
        if let told = try fields.number("expression_scale", in: 0...2) {
            new.expressionScale = told
        }
        let expressions = AnimationOptions.FacialExpression.allCases.map(\.rawValue)
        if let told = try fields.choice("expression", of: expressions) {
            new.expression = AnimationOptions.FacialExpression(rawValue: told) ?? .neutral
        }
        if let told = try fields.number("expression_intensity", in: 0...1) {
            new.expressionIntensity = told
        }
        if let point = try fields.string("face", bytesMax: 64) {
            guard AvatarConfiguration.point(point) != nil else {
                throw fields.notAllowed("face", ["x,y in pixels of the portrait"])
            }
            new.facePoint = point
        }
        if let told = try fields.integer("lead_ms", in: 80...1_000) { new.leadMilliseconds = told }
        if let told = try fields.flag("paused") { new.isPaused = told }
        avatar = new
    }
}

extension AvatarConfiguration {
    fileprivate mutating func takePortrait(_ fields: EventFields) throws(RealtimeError) {
        let name = fields["image"] == nil && fields["image_url"] != nil ? "image_url" : "image"
        let bytesMax = RealtimeSettings.imageBytesMax * 4 / 3 + 256
        // What `session.updated` showed may come back as it is.
        if case .object = fields[name] { return }
        if let uri = try fields.string(name, bytesMax: bytesMax) {
            portrait = .file(try imageBytes(ofDataURI: uri, param: fields.param(name)))
            (portraitWidth, portraitHeight) = (0, 0)
        } else if let item = try fields.string("character", bytesMax: 512) {
            portrait = .item(item)
            (portraitWidth, portraitHeight) = (0, 0)
        }
    }

    fileprivate mutating func takeVideo(_ video: EventFields) throws(RealtimeError) {
        _ = try video.choice("codec", of: ["h264"])
        if let told = try video.integer("fps", in: 12...30) { framesPerSecond = told }
        if let resolution = try video.object("resolution") {
            let width = try resolution.integer("width", in: 1...8_192)
            let height = try resolution.integer("height", in: 1...8_192)
            for (name, told) in [("width", width), ("height", height)] {
                guard let told else { continue }
                guard Self.sides.contains(told), width == nil || height == nil || width == height
                else { throw resolution.notAllowed(name, Self.sides.map { "\($0)" }) }
                sidePixels = told
            }
        }
        if let ground = try video.object("background"), let text = try ground.string("color") {
            guard Self.colour(text) != nil else {
                throw ground.notAllowed("color", ["#rrggbb", "#rrggbbaa"])
            }
            background = text
        }
    }

    /// H.264 has no alpha: it is passed over.
    static func colour(_ text: String) -> AnimationOptions.Colour? {
        guard text.first == "#", [7, 9].contains(text.utf8.count),
            let bits = UInt32(text.dropFirst().prefix(6), radix: 16)
        else { return nil }
        return AnimationOptions.Colour(
            red: UInt8(bits >> 16 & 0xFF), green: UInt8(bits >> 8 & 0xFF),
            blue: UInt8(bits & 0xFF))
    }

    static func point(_ text: String) -> AnimationOptions.FacePoint? {
        let parts = text.split(separator: ",").compactMap { Double(String($0).trimmingBlanks()) }
        guard parts.count == 2, parts.allSatisfy({ $0.isFinite && (0...1e6).contains($0) }) else {
            return nil
        }
        return AnimationOptions.FacePoint(x: parts[0], y: parts[1])
    }

    /// What the engine is asked for.
    /// - seed: of a session's own, so that two do not blink together.
    func options(seed: UInt64) -> AnimationOptions {
        var options = AnimationOptions()
        options.sidePixels = sidePixels
        options.framesPerSecond = framesPerSecond
        options.framing = .crop
        options.expressionScale = expressionScale
        options.expression = expression
        options.expressionIntensity = expressionIntensity
        options.facePoint = facePoint.flatMap(Self.point)
        options.background = background.flatMap(Self.colour)
        options.isStill = amplitude == 0
        options.seed = seed
        options.isStreamed = true
        return options
    }
}

/// The file in a data URI (RFC 2397). No other address is ever fetched.
func imageBytes(ofDataURI uri: String, param: String) throws(RealtimeError) -> [UInt8] {
    guard uri.hasPrefix("data:image/"), let comma = uri.firstIndex(of: ","),
        uri[..<comma].hasSuffix(";base64")
    else {
        throw RealtimeError(
            .invalidValue, "Allowed: a data URI, as in data:image/png;base64,…", param: param)
    }
    guard let data = base64Bytes(String(uri[uri.index(after: comma)...])) else {
        throw RealtimeError(.invalidValue, "The data URI is no base64.", param: param)
    }
    guard data.count <= RealtimeSettings.imageBytesMax else {
        throw RealtimeError(
            .invalidValue, "At most \(RealtimeSettings.imageBytesMax) bytes.", param: param)
    }
    return Array(data)
}
