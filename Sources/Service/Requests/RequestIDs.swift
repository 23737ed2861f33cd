import HTTPWire
import Synchronization

/// Names requests: the client's own name where it is a harmless one, else one of ours.
final class RequestIDs: Sendable {
    private let start: Atomic<UInt64>
    private let count = Atomic<UInt64>(0)

    init(start: UInt64 = .random(in: .min ... .max)) { self.start = Atomic(start) }

    /// Begins anew: a copy of this process has the same names before it.
    func renew() { start.store(.random(in: .min ... .max), ordering: .relaxed) }

    func id(for head: RequestHead) -> String {
        if let given = head.value("x-request-id"), isHarmless(given) { return given }
        return next()
    }

    /// 16 hexadecimal digits, different for each request of this process.
    func next() -> String {
        let index = count.add(1, ordering: .relaxed).oldValue
        // An odd factor makes a permutation of the 64-bit numbers (Knuth, multiplicative hash).
        let value = (start.load(ordering: .relaxed) &+ index) &* 0x9E37_79B9_7F4A_7C15
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func isHarmless(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
