/// HMAC-SHA256 of RFC 2104: 32 bytes that only who knows the key can make or check.
package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let blockBytes = 64
    var key = key
    if key.count > blockBytes {
        var hash = SHA256()
        hash.update(key.span)
        key = hash.digest()
    }
    key += [UInt8](repeating: 0, count: blockBytes - key.count)
    var inner = SHA256()
    inner.update(key.map { $0 ^ 0x36 }.span)
    inner.update(message.span)
    var outer = SHA256()
    outer.update(key.map { $0 ^ 0x5C }.span)
    outer.update(inner.digest().span)
    return outer.digest()
}
