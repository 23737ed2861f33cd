/// Decodes percent escapes; plus is a space in forms and queries. nil for a broken escape or
/// bytes that are no UTF-8.
package func percentDecoded(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var at = text.startIndex
    while at < text.endIndex {
        let byte = text[at]
        at = text.index(after: at)
        if byte == 0x25 {
            guard at < text.endIndex, let high = hexValue(text[at]) else { return nil }
            at = text.index(after: at)
            guard at < text.endIndex, let low = hexValue(text[at]) else { return nil }
            at = text.index(after: at)
            out.append(high << 4 | low)
        } else {
            out.append(byte == 0x2B && plusIsSpace ? 0x20 : byte)
        }
    }
    return String(validating: out, as: UTF8.self)
}

/// The pairs of a query or an `application/x-www-form-urlencoded` body, in order; pairs that do
/// not decode are nil's reason. At most `pairsMax` pairs.
package func formPairs(
    _ text: some Collection<UInt8>, pairsMax: Int = 64
) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for pair in text.split(separator: 0x26) {
        let cut = pair.firstIndex(of: 0x3D) ?? pair.endIndex
        let rest = cut < pair.endIndex ? pair[pair.index(after: cut)...] : pair[cut...]
        guard let name = percentDecoded(pair[..<cut], plusIsSpace: true),
            let value = percentDecoded(rest, plusIsSpace: true), pairs.count < pairsMax
        else { return nil }
        pairs.append((name, value))
    }
    return pairs
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    guard isHexDigit(byte) else { return nil }
    return isDigit(byte) ? byte - 0x30 : lowercase(byte) - 0x61 + 10
}
