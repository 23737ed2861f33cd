import EngineAPI
import Execution
import HTTPWire

extension AvatarService {
    /// `POST /verify`: what a file claims of itself, and whether a signature holds.
    func verify(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        let bytes = try fields[VerificationFields.file] ?? fields.rawBody
        guard !bytes.isEmpty else {
            throw Problem(
                .fieldMissing,
                "Send the file in the multipart field \"file\", or as the body.", field: "file")
        }
        return { [self] writer async throws(Problem) in
            let context = writer.context
            let reading = try await mapping(field: "file") { () async throws(EngineError) in
                try await context.timed("verify") { () async throws(EngineError) in
                    guard let verifier = engines.verifier else {
                        throw .libraryMissing(name: "of Content Credentials")
                    }
                    return try await verifier.read(bytes, work: context.work)
                }
            }
            let report = VerificationReport(marks: SynthesisMarksFound(in: bytes), reading)
            await writer.send(
                Response(status: 200, type: "application/json", body: json(report.json)))
        }
    }
}

/// Marks that say how a file was made, wherever they stand in it. Anybody can write or remove them.
struct SynthesisMarksFound: Equatable {
    /// IPTC's term, such as `trainedAlgorithmicMedia`.
    var digitalSourceType: String?
    /// The note of this program.
    var isOurs = false

    private static let note = Array("made by Avatar Backend".utf8)
    /// The longest of IPTC's terms has 37 letters.
    private static let termBytesMax = 64

    init(digitalSourceType: String? = nil, isOurs: Bool = false) {
        self.digitalSourceType = digitalSourceType
        self.isOurs = isOurs
    }

    init(in bytes: [UInt8]) {
        isOurs = firstPlace(of: Self.note, in: bytes) != nil
        let base = Array(DigitalSource.base.utf8)
        guard let start = firstPlace(of: base, in: bytes) else { return }
        let term = bytes[(start + base.count)...].prefix(Self.termBytesMax).prefix { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        if !term.isEmpty { digitalSourceType = String(decoding: term, as: UTF8.self) }
    }

    var json: JSONValue {
        [
            "digital_source_type": digitalSourceType.map(JSONValue.string) ?? .null,
            "made_by_avatar_backend": .bool(isOurs),
        ]
    }
}

/// Where bytes stand first in others. Linear: the last byte of the window says how far to go on.
private func firstPlace(of wanted: [UInt8], in bytes: [UInt8]) -> Int? {
    var steps = [Int](repeating: wanted.count, count: 256)
    for (index, byte) in wanted.dropLast().enumerated() {
        steps[Int(byte)] = wanted.count - 1 - index
    }
    return bytes.withUnsafeBufferPointer { bytes in
        var at = wanted.count - 1
        while at < bytes.count {
            let start = at - wanted.count + 1
            if bytes[at] == wanted[wanted.count - 1],
                bytes[start...at].elementsEqual(wanted)
            {
                return start
            }
            at += steps[Int(bytes[at])]
        }
        return nil
    }
}
