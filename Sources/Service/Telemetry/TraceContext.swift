import HTTPWire

/// Where a request stands in a trace (W3C Trace Context, level 1).
struct TraceContext: Sendable, Equatable {
    /// 32 small hexadecimal digits, not all 0.
    let traceID: String
    /// The caller's span: 16 digits.
    let spanID: String
    /// Whether the caller records; who is told not to does not either.
    let isSampled: Bool

    /// - Returns: nil where a request bears none, or none that is well formed.
    init?(_ head: RequestHead) {
        let values = head.values("traceparent")
        guard values.count == 1 else { return nil }
        self.init(values[0])
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let lengths = [2, 32, 16, 2]
        guard parts.count == 4, zip(parts, lengths).allSatisfy({ $0.utf8.count == $1 }),
            parts.allSatisfy({
                $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            }),
            parts[0] != "ff", parts[1].contains(where: { $0 != "0" }),
            parts[2].contains(where: { $0 != "0" }), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        (traceID, spanID) = (String(parts[1]), String(parts[2]))
        isSampled = flags & 1 == 1
    }

    /// Random digits for an id, never all 0.
    static func newID(_ generator: inout some RandomNumberGenerator, digits: Int) -> String {
        while true {
            var id = ""
            while id.utf8.count < digits {
                let word = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
                id += String(repeating: "0", count: 16 - word.utf8.count) + word
            }
            if id.contains(where: { $0 != "0" }) { return String(id.prefix(digits)) }
        }
    }
}
