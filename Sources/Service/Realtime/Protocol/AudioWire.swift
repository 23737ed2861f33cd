import EngineAPI
import FoundationEssentials

/// Sound as it goes over the socket: 16-bit PCM, little-endian, or one byte of G.711; mono.
enum AudioWire: Equatable, Sendable {
    case pcm(rateHz: Int)
    case muLaw
    case aLaw

    static let pcmRates = [24_000, 8_000, 16_000, 48_000]

    var rateHz: Int {
        switch self {
        case .pcm(let rateHz): rateHz
        case .muLaw, .aLaw: 8_000
        }
    }

    var bytesPerSample: Int { if case .pcm = self { 2 } else { 1 } }

    /// As `format` has it.
    var shown: JSONValue {
        switch self {
        case .pcm(let rateHz): ["type": "audio/pcm", "rate": .number(Double(rateHz))]
        case .muLaw: ["type": "audio/pcmu"]
        case .aLaw: ["type": "audio/pcma"]
        }
    }

    /// Reads `format`.
    init(_ fields: EventFields, now current: AudioWire) throws(RealtimeError) {
        let names = ["audio/pcm", "audio/pcmu", "audio/pcma"]
        switch try fields.choice("type", of: names) {
        case "audio/pcmu": self = .muLaw
        case "audio/pcma": self = .aLaw
        case let type:
            var rate = 24_000
            if type == nil, case .pcm(let now) = current { rate = now }
            if let told = try fields.number("rate", in: 0...1e9) {
                guard let known = Self.pcmRates.first(where: { Double($0) == told }) else {
                    throw fields.notAllowed("rate", Self.pcmRates.map(String.init))
                }
                rate = known
            }
            self = .pcm(rateHz: rate)
        }
    }

    /// Whole samples, −1…1; an odd byte at the end is left out.
    func samples(_ bytes: some RandomAccessCollection<UInt8>) -> [Float] {
        switch self {
        case .pcm:
            var samples: [Float] = []
            samples.reserveCapacity(bytes.count / 2)
            var low: UInt8?
            for byte in bytes {
                if let first = low {
                    let value = Int16(bitPattern: UInt16(first) | UInt16(byte) << 8)
                    samples.append(Float(value) / 32_768)
                    low = nil
                } else {
                    low = byte
                }
            }
            return samples
        case .muLaw: return bytes.map { Self.muLawTable[Int($0)] }
        case .aLaw: return bytes.map { Self.aLawTable[Int($0)] }
        }
    }

    /// What goes over the socket.
    func bytes(_ samples: [Float]) -> [UInt8] {
        switch self {
        case .pcm:
            var bytes: [UInt8] = []
            bytes.reserveCapacity(samples.count * 2)
            for sample in samples {
                let value = Self.integer(sample)
                bytes.append(UInt8(truncatingIfNeeded: value))
                bytes.append(UInt8(truncatingIfNeeded: value >> 8))
            }
            return bytes
        case .muLaw: return samples.map { Self.muLawByte(Self.integer($0)) }
        case .aLaw: return samples.map { Self.aLawByte(Self.integer($0)) }
        }
    }

    private static func integer(_ sample: Float) -> Int {
        guard sample.isFinite else { return 0 }
        return Int(bounded: (max(-1, min(1, sample)) * 32_767).rounded())
    }

    // MARK: ITU-T G.711

    /// §3.2, in 16 bits: sign, exponent and mantissa, all bits inverted.
    private static func muLawByte(_ value: Int) -> UInt8 {
        let magnitude = min(abs(value), 32_635) + 132
        let exponent = 8 - UInt16(magnitude).leadingZeroBitCount
        let mantissa = magnitude >> (exponent + 3) & 0x0F
        return ~UInt8((value < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
    }

    private static let muLawTable: [Float] = (0...255).map { code in
        let bits = ~UInt8(code)
        let exponent = Int(bits >> 4 & 7)
        let magnitude = ((Int(bits & 0x0F) << 3) + 132) << exponent - 132
        return Float(bits & 0x80 != 0 ? -magnitude : magnitude) / 32_768
    }

    /// §3.1, in 16 bits: as µ-law, but linear near zero, and every other bit inverted.
    private static func aLawByte(_ value: Int) -> UInt8 {
        let magnitude = min(value < 0 ? -value - 1 : value, 32_767) >> 3
        let exponent = magnitude < 32 ? 0 : 11 - UInt16(magnitude).leadingZeroBitCount
        let mantissa = magnitude >> max(exponent, 1) & 0x0F
        return UInt8(exponent << 4 | mantissa | (value < 0 ? 0 : 0x80)) ^ 0x55
    }

    private static let aLawTable: [Float] = (0...255).map { code in
        let bits = UInt8(code) ^ 0x55
        let exponent = Int(bits >> 4 & 7)
        let mantissa = Int(bits & 0x0F) << 4
        let magnitude =
            exponent == 0 ? mantissa + 8 : (mantissa + 264) << (exponent - 1)
        return Float(bits & 0x80 != 0 ? magnitude : -magnitude) / 32_768
    }
}

/// Base64 of RFC 4648 §4; nil where it is none.
func base64Bytes(_ text: String) -> Data? { Data(base64Encoded: text) }

func base64Text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
