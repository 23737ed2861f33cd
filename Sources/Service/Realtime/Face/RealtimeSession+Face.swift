import EngineAPI
import Execution

// The face: opened, changed and ended by `session.update`.
extension RealtimeSession {
    /// `session.update`.
    func update(_ event: EventFields) async throws(RealtimeError) {
        guard event["session"] != nil else { throw event.missing("session") }
        guard let fields = try event.object("session") else { throw event.missing("session") }
        var new = try configuration.updated(fields, hub.choices)
        if new.input != configuration.input, hearing.turn != nil, !configuration.isManual {
            throw RealtimeError(
                .invalidValue, "The format can't change while somebody speaks.",
                param: "session.audio.input.format")
        }
        try await change(face: &new)
        if new.isManual != configuration.isManual {
            hearing.turns.end()
        }
        configuration = new
        emit("session.updated", ["session": shown])
    }

    /// Opens, changes or ends the face, as the new configuration has it.
    private func change(face new: inout RealtimeConfiguration) async throws(RealtimeError) {
        guard let wanted = new.avatar else {
            if let face {
                self.face = nil
                streamOrigin = face.startedAt
                await face.close()
            }
            return
        }
        if let face, let now = configuration.avatar, !wanted.needsOpening(after: now) {
            await face.take(wanted)
            return
        }
        let opened = try await open(&new)
        if let face {
            streamOrigin = face.startedAt
            await face.close()
        }
        guard !isEnded else { return await opened.close() }
        face = opened
        await opened.start()
    }

    private func open(_ new: inout RealtimeConfiguration) async throws(RealtimeError) -> LiveFace {
        guard var avatar = new.avatar else { throw RealtimeError(.internal, "No face.") }
        let bytes = try portrait(avatar)
        // A face that takes another's place takes its permit, too.
        guard let place = hub.facePlace() else {
            throw RealtimeError(
                .faceBusy, "All \(hub.settings.facesMax) faces are shown; try again later.",
                param: "session.avatar")
        }
        let work = WorkContext(
            deadline: .now + .seconds(hub.settings.secondsMax + 60),
            cancellation: cancellation, memory: memory)
        let engine = hub.engines.talkingHeads.standard
        let seed = id.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        do throws(EngineError) {
            let image = try await hub.engines.codec.decodeImage(
                bytes, sideMax: hub.portraitSideMax, work: work)
            (avatar.portraitWidth, avatar.portraitHeight) = (image.width, image.height)
            new.avatar = avatar
            let animation = try await engine.openLive(
                image, avatar.options(seed: seed), work: work)
            var settings = LiveVideoSettings()
            settings.width = animation.canvas.width
            settings.height = animation.canvas.height
            settings.framesPerSecond = avatar.framesPerSecond
            do throws(EngineError) {
                let encoder = try hub.engines.codec.liveVideoEncoder(settings, work: work)
                let head = try await encoder.start()
                let output = output
                return LiveFace(
                    animation, encoder, head, avatar, output: output, metrics: hub.metrics,
                    place: place, origin: face?.startedAt ?? streamOrigin
                ) { output.put($0, $1) }
            } catch {
                await animation.close()
                throw error
            }
        } catch {
            throw Self.refusal(error)
        }
    }

    private func portrait(_ avatar: AvatarConfiguration) throws(RealtimeError) -> [UInt8] {
        switch avatar.portrait {
        case .file(let bytes): return bytes
        case .item(let id):
            guard let item = conversation[id], case .message(_, let parts) = item.content,
                case .image(let uri)? = parts.first(where: {
                    if case .image = $0 { true } else { false }
                })
            else {
                throw RealtimeError(
                    .invalidValue, "No item of that id holds an image.",
                    param: "session.avatar.character")
            }
            return try imageBytes(ofDataURI: uri, param: "session.avatar.character")
        case nil:
            throw RealtimeError(
                .missingParameter, "The field is needed.", param: "session.avatar.image")
        }
    }

    private static func refusal(_ error: EngineError) -> RealtimeError {
        let param = "session.avatar.image"
        return switch error {
        case .noFace, .noSilhouette:
            RealtimeError(.noFace, "The image shows no face that can be animated.", param: param)
        case .unreadableImage:
            RealtimeError(
                .imageUnreadable, "Allowed: png, jpeg, webp, bmp, gif, heic.", param: param)
        case .imageTooLarge(_, _, let sideMax):
            RealtimeError(
                .imageUnreadable, "At most \(sideMax) pixels a side.", param: param)
        case .memoryShort:
            RealtimeError(.memory, "There is no memory for a face now.", param: param)
        default: RealtimeError(.internal, "The face could not be opened.", param: param)
        }
    }

    func tellFace(isAttending: Bool) {
        guard let face else { return }
        Task { await face.attend(isAttending) }
    }

    /// The voice of a response has ended, or is cut: the face comes to rest.
    func endVoice(of response: ActiveResponse, _ ending: ResponseEnding) async {
        guard let face, let start = response.streamStart else { return }
        let isCut = ending.status == "cancelled" || ending.status == "failed"
        let heard = await face.now
        if isCut {
            await face.cutVoice(of: response.id)
        } else {
            await face.endVoice(of: response.id)
        }
        guard isCut, let index = response.message, !response.order.isOutOfBand else { return }
        truncate(response.outputs[index].item.id, at: Double(max(0, heard - start)))
    }
}
