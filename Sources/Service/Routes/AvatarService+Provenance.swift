import EngineAPI
import Execution

/// How one response is signed.
struct Signing: Sendable {
    let signer: any ProvenanceSigning
    let mediaType: String
    let claim: ProvenanceClaim
}

extension AvatarService {
    /// How a response is signed; nil where nobody signs, the format bears no credentials or it
    /// leaves in pieces that are no file.
    func signing(
        _ mediaType: String, _ claim: @autoclosure () -> ProvenanceClaim, isStream: Bool = false
    ) -> Signing? {
        guard let signer = engines.signer, !isStream, signer.canSign(mediaType) else { return nil }
        return Signing(signer: signer, mediaType: mediaType, claim: claim())
    }

    /// Has the response say, where the operator signs, why it is not signed itself.
    func tellUnsigned(_ mediaType: String, isStream: Bool = false, _ context: RequestContext) {
        guard let signer = engines.signer else { return }
        if !signer.canSign(mediaType) {
            context.work.notes.add(.formatUnsigned)
        } else if isStream {
            context.work.notes.add(.streamUnsigned)
        }
    }

    /// A whole file with its credentials, or as it is where it gets none.
    func signed(
        _ bytes: [UInt8], _ signing: Signing?, _ context: RequestContext
    ) async throws(EngineError) -> [UInt8] {
        guard let signing else { return bytes }
        do throws(EngineError) {
            return try await context.timed("sign") { () async throws(EngineError) in
                try await signing.signer.sign(
                    bytes, mediaType: signing.mediaType, signing.claim, work: context.work)
            }
        } catch .signingFailed(let why) {
            // The library's words: of certificates and formats, for the operator alone.
            log.error("signing failed", metadata: ["id": "\(context.id)", "why": "\(why)"])
            throw .signingFailed(why)
        }
    }

    /// A voice that nobody spoke.
    func speechClaim(_ request: SpeechRequest) -> ProvenanceClaim {
        let voice = request.voice ?? engines.speaker.voices().first?.id
        return ProvenanceClaim(source: .trained, engine: "speech", models: voice.map { [$0] } ?? [])
    }
}
