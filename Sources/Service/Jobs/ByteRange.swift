/// What of a whole a request asks for (RFC 9110 §14).
enum ByteRange: Equatable {
    case whole
    case part(ClosedRange<Int>)
    case unsatisfiable

    /// Reads a `Range` field. One range of bytes is served; anything else is passed over, as §14.2
    /// allows, so that the whole is sent.
    init(_ field: String?, count: Int) {
        guard let field, let equals = field.firstIndex(of: "="),
            field[..<equals].lowercased() == "bytes"
        else {
            self = .whole
            return
        }
        let spec = String(field[field.index(after: equals)...]).trimmingBlanks()
        let parts = spec.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
            !(parts[0].isEmpty && parts[1].isEmpty)
        else {
            self = .whole
            return
        }
        // More digits than a number has are beyond every end.
        let first = Int(parts[0]) ?? (parts[0].isEmpty ? nil : Int.max)
        let last = Int(parts[1]) ?? (parts[1].isEmpty ? nil : Int.max)
        switch (first, last) {
        case (let first?, let last?) where last < first: self = .whole
        case (let first?, let last):
            self = first < count ? .part(first...min(last ?? Int.max, count - 1)) : .unsatisfiable
        case (nil, let suffix?):
            self =
                suffix > 0 && count > 0 ? .part(max(0, count - suffix)...count - 1) : .unsatisfiable
        case (nil, nil): self = .whole
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// Whether a list of entity tags, or `*`, names this one (RFC 9110 §13.1).
/// - weakly: `W/` before a tag is passed over.
func names(_ field: String, tag: String, weakly: Bool) -> Bool {
    field.split(separator: ",").contains { element in
        let element = String(element).trimmingBlanks()
        if element == "*" { return true }
        return element == tag || weakly && element == "W/" + tag
    }
}
