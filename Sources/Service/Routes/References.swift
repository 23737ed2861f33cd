import EngineAPI

/// Short videos that a face is to move as, as they came.
struct References: Sendable {
    /// nil where none came; forms send what was not filled in as nothing.
    private let pose: [UInt8]?
    private let eyeblink: [UInt8]?

    init(pose: [UInt8]?, eyeblink: [UInt8]?) {
        (self.pose, self.eyeblink) = (
            pose?.isEmpty == false ? pose : nil, eyeblink?.isEmpty == false ? eyeblink : nil
        )
    }

    /// Has the engine read them; the same video is read once.
    func read(
        into options: inout AnimationOptions, _ engine: any TalkingHeadEngine,
        _ codec: any MediaCoding, _ context: RequestContext
    ) async throws(Problem) {
        guard pose != nil || eyeblink != nil else { return }
        if let pose, let eyeblink, pose == eyeblink {
            let both = try await motion(
                pose, [.pose, .blinks], field: "ref_pose", engine, codec, context)
            (options.poseReference, options.blinkReference) = (both, both)
            return
        }
        if let pose {
            options.poseReference = try await motion(
                pose, .pose, field: "ref_pose", engine, codec, context)
        }
        if let eyeblink {
            options.blinkReference = try await motion(
                eyeblink, .blinks, field: "ref_eyeblink", engine, codec, context)
        }
    }

    private func motion(
        _ bytes: [UInt8], _ parts: ReferenceParts, field: String, _ engine: any TalkingHeadEngine,
        _ codec: any MediaCoding, _ context: RequestContext
    ) async throws(Problem) -> ReferenceMotion? {
        do throws(EngineError) {
            return try await context.timed("reference") { () async throws(EngineError) in
                let video = try await codec.videoSource(
                    bytes, limits: VideoLimits(), work: context.work)
                return try await engine.motion(of: video, parts, work: context.work)
            }
        } catch {
            var problem = Problem(error)
            switch error {
            case .noFace(let reason):
                problem = Problem(
                    .noFace, "No image of the video's first second shows a human face.",
                    field: field, got: reason.rawValue)
            case .videoUnread, .videoTooLarge: problem.field = field
            default: break
            }
            throw problem
        }
    }
}
