import FoundationEssentials

/// Blocks of RFC 7468.
enum PEMBlock {
    /// The first block of a label, decoded; nil where there is none.
    static func first(_ label: String, in text: String) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.trimming(while: \.isWhitespace)
        }
        guard let start = lines.firstIndex(of: "-----BEGIN \(label)-----"[...]),
            let end = lines[start...].firstIndex(of: "-----END \(label)-----"[...])
        else { return nil }
        let body = lines[(start + 1)..<end].joined()
        guard let data = Data(base64Encoded: body), !data.isEmpty else { return nil }
        return Array(data)
    }
}

/// Where bytes stand in others.
enum ByteSearch {
    /// The first place; nil for none.
    static func first(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
        guard !wanted.isEmpty, bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first {
            bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
        }
    }
}

extension Substring {
    fileprivate func trimming(while isOut: (Character) -> Bool) -> Substring {
        var text = drop(while: isOut)
        while let last = text.last, isOut(last) { text.removeLast() }
        return text
    }
}
