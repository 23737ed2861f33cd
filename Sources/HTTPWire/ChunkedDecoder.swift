/// Decodes RFC 9112 §7.1 chunked bodies from pieces of any size.
package struct ChunkedDecoder: Sendable {
    /// Bytes of all extensions of one body: they carry nothing that we use (CVE-2023-39326).
    static let extensionBytesMax = 4 * 1024
    static let trailerBytesMax = 8 * 1024

    private enum Place { case size, extensions, sizeLF, data, dataCR, dataLF, trailer, done }

    /// Where in `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` the decoder is:
    /// RFC 9112 §7.1.1. A receiver that reads extensions more loosely than the one before it may
    /// see another message.
    private enum ExtensionPlace {
        case beforeName, name, afterName, beforeValue, value, quoted, escaped, afterValue
    }

    private var place = Place.size
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    private var extensionPlace = ExtensionPlace.beforeName
    private var trailerBytes = 0
    /// Of the trailer line being read: bytes before its end, and whether its CR was seen.
    private var lineBytes = 0
    private var sawCR = false
    private var sawColon = false

    package init() {}

    /// Whether the last chunk and the trailers are through.
    package var isDone: Bool { place == .done }

    /// Takes bytes until they end or the body does; returns how many were used.
    /// `emit` is called with ranges of the body's own bytes.
    package mutating func consume(
        _ bytes: Span<UInt8>, emit: (Range<Int>) throws(HTTPError) -> Void
    ) throws(HTTPError) -> Int {
        var at = 0
        while at < bytes.count, place != .done {
            if place == .data {
                let end = min(bytes.count, at + size)
                try emit(at..<end)
                size -= end - at
                at = end
                if size == 0 { place = .dataCR }
            } else {
                try step(bytes[at])
                at += 1
            }
        }
        return at
    }

    private mutating func step(_ byte: UInt8) throws(HTTPError) {
        switch place {
        case .size: try stepSize(byte)
        case .extensions: try stepExtension(byte)
        case .sizeLF:
            guard byte == 0x0A else { throw .badChunk }
            place = size == 0 ? .trailer : .data
        case .dataCR:
            guard byte == 0x0D else { throw .badChunk }
            place = .dataLF
        case .dataLF:
            guard byte == 0x0A else { throw .badChunk }
            (place, size, digits) = (.size, 0, 0)
        case .trailer: try stepTrailer(byte)
        case .data, .done: break
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(HTTPError) {
        switch byte {
        case _ where isHexDigit(byte):
            digits += 1
            // Fifteen digits can't overflow; leading zeros count, or they would be endless.
            guard digits <= 15 else { throw .badChunk }
            let value = isDigit(byte) ? byte - 0x30 : lowercase(byte) - 0x61 + 10
            size = size << 4 | Int(value)
        case 0x0D where digits > 0: place = .sizeLF
        case 0x3B where digits > 0: (place, extensionPlace) = (.extensions, .beforeName)
        default: throw .badChunk
        }
    }

    private mutating func stepExtension(_ byte: UInt8) throws(HTTPError) {
        extensionBytes += 1
        guard extensionBytes <= ChunkedDecoder.extensionBytesMax else { throw .badChunk }
        switch (extensionPlace, byte) {
        case (.name, 0x0D), (.value, 0x0D), (.afterName, 0x0D), (.afterValue, 0x0D):
            place = .sizeLF
        case (.quoted, 0x22): extensionPlace = .afterValue
        case (.quoted, 0x5C): extensionPlace = .escaped
        case (.quoted, _) where isTextByte(byte): break
        case (.escaped, _) where isTextByte(byte): extensionPlace = .quoted
        case (.beforeName, _) where isBlank(byte), (.beforeValue, _) where isBlank(byte): break
        case (.beforeName, _) where isTokenByte(byte): extensionPlace = .name
        case (.name, _) where isTokenByte(byte), (.value, _) where isTokenByte(byte): break
        case (.name, _) where isBlank(byte), (.afterName, _) where isBlank(byte):
            extensionPlace = .afterName
        case (.name, 0x3D), (.afterName, 0x3D): extensionPlace = .beforeValue
        case (.beforeValue, 0x22): extensionPlace = .quoted
        case (.beforeValue, _) where isTokenByte(byte): extensionPlace = .value
        case (.value, _) where isBlank(byte), (.afterValue, _) where isBlank(byte):
            extensionPlace = .afterValue
        case (.name, 0x3B), (.afterName, 0x3B), (.value, 0x3B), (.afterValue, 0x3B):
            extensionPlace = .beforeName
        default: throw .badChunk
        }
    }

    private mutating func stepTrailer(_ byte: UInt8) throws(HTTPError) {
        trailerBytes += 1
        guard trailerBytes <= ChunkedDecoder.trailerBytesMax else { throw .badChunk }
        if sawCR {
            // A trailer is a field line: it has a name before its colon.
            guard byte == 0x0A, sawColon || lineBytes == 0 else { throw .badChunk }
            if lineBytes == 0 { place = .done }
            (lineBytes, sawCR, sawColon) = (0, false, false)
        } else if byte == 0x0D {
            sawCR = true
        } else {
            guard
                sawColon
                    ? isTextByte(byte)
                    : isTokenByte(byte) || byte == 0x3A && lineBytes > 0
            else { throw .badChunk }
            if byte == 0x3A { sawColon = true }
            lineBytes += 1
        }
    }
}
