import CCurl

/// Why a transfer failed.
package enum TransferError: Error, Equatable, Sendable {
    case libraryMissing(name: String)
    /// The library is older than what we need of it.
    case libraryTooOld(name: String, wanted: String)
    /// libcurl's code, by its number.
    case failed(code: Int32)
    /// The transfer's `isStopped` said so.
    case stopped
}

/// Owns one libcurl easy handle, and with it the connection that it keeps open. Used by one
/// thread.
package struct CurlHandle: ~Copyable {
    private let library: CurlLibrary
    private let curl: UnsafeMutableRawPointer

    /// - Throws: `.libraryMissing`, `.libraryTooOld`.
    package init() throws(TransferError) { try self.init(CurlLibrary()) }

    init(_ library: CurlLibrary) throws(TransferError) {
        guard let curl = curl_call_init(library.make) else {
            throw .libraryMissing(name: "curl_easy_init")
        }
        self.library = library
        self.curl = curl
    }

    deinit { curl_call_one(library.cleanup, curl) }

    /// Sends one request and waits for its response; blocks.
    /// - Throws: `.failed`, or `.stopped` when `transfer.isStopped` said so.
    package func perform(_ transfer: CurlTransfer) throws(TransferError) {
        curl_call_one(library.reset, curl)
        let list = headers(transfer)
        defer { curl_call_free_list(library.freeList, list) }
        try set(transfer, headers: list)
        let code = withExtendedLifetime(transfer) { curl_call_perform(library.perform, curl) }
        if code == CURLE_ABORTED_BY_CALLBACK, transfer.isStopped() { throw .stopped }
        // Too long a response is cut and said to be: its head is still of use.
        guard code == CURLE_OK || code == CURLE_WRITE_ERROR && transfer.isCut else {
            throw .failed(code: Int32(code.rawValue))
        }
        transfer.status = curl_call_status(library.getInfo, curl)
    }

    /// Lends the handle.
    func withHandle<Value>(_ body: (UnsafeMutableRawPointer) -> Value) -> Value { body(curl) }

    /// Sets all that a request needs; the handle then keeps the transfer and the list unretained.
    /// - Throws: `.failed`.
    func set(
        _ transfer: CurlTransfer, headers: UnsafeMutablePointer<curl_slist>?
    ) throws(TransferError) {
        try setOptions(transfer)
        try pointer(CURLOPT_HTTPHEADER, headers)
        // The end of a transfer does not wait for a look-up of its host's name. Only libraries from
        // 7.87.0 on know it.
        if transfer.leavesLookups {
            _ = curl_call_set_long(library.setOption, curl, curl_quick_exit, 1)
        }
    }

    /// Lines of the request's head, which whoever asked for them frees.
    func headers(_ transfer: CurlTransfer) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // An empty Expect keeps curl from waiting a second for 100 Continue.
        for line in transfer.fields.map({ "\($0.0): \($0.1)" }) + ["Expect:", "Accept:"] {
            list = curl_call_append(library.append, list, line)
        }
        return list
    }

    /// - Throws: `.failed` where the library does not know an option: what it would do then is not
    ///   what is asked.
    private func setOptions(_ transfer: CurlTransfer) throws(TransferError) {
        let user = Unmanaged.passUnretained(transfer).toOpaque()
        try number(CURLOPT_NOSIGNAL, 1)
        try text(CURLOPT_URL, transfer.url)
        // No proxy of the environment, no redirect, no other protocol, no name and password from
        // a file: what is asked is all that is done.
        if !transfer.usesProxy { try text(CURLOPT_NOPROXY, "*") }
        try text(CURLOPT_PROTOCOLS_STR, transfer.protocols)
        try setRedirects(transfer)
        try number(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try number(CURLOPT_CONNECTTIMEOUT, 5)
        if let seconds = transfer.secondsMax { try number(CURLOPT_TIMEOUT, seconds) }
        try pointer(
            CURLOPT_WRITEFUNCTION, unsafeBitCast(takeBody, to: UnsafeMutableRawPointer.self))
        try pointer(CURLOPT_WRITEDATA, user)
        try pointer(
            CURLOPT_HEADERFUNCTION, unsafeBitCast(takeLine, to: UnsafeMutableRawPointer.self))
        try pointer(CURLOPT_HEADERDATA, user)
        try number(CURLOPT_NOPROGRESS, 0)
        try pointer(CURLOPT_XFERINFOFUNCTION, unsafeBitCast(tick, to: UnsafeMutableRawPointer.self))
        try pointer(CURLOPT_XFERINFODATA, user)
        switch transfer.body {
        case .none: break
        case .whole(let bytes):
            try number(CURLOPT_POST, 1)
            try size(CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
            // Copied at once: the array's storage is borrowed only for this call.
            let code = bytes.withUnsafeBytes {
                curl_call_set_pointer(
                    library.setOption, curl, CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
            try check(code)
        }
    }

    /// A redirect may not leave https once the transfer is there.
    private func setRedirects(_ transfer: CurlTransfer) throws(TransferError) {
        try number(CURLOPT_FOLLOWLOCATION, transfer.redirectsMax > 0 ? 1 : 0)
        try number(CURLOPT_MAXREDIRS, transfer.redirectsMax)
        let isSecure = transfer.url.hasPrefix("https:")
        try text(CURLOPT_REDIR_PROTOCOLS_STR, isSecure ? "https" : transfer.protocols)
        if let path = transfer.certificatesPath { try text(CURLOPT_CAINFO, path) }
        if let seconds = transfer.stallSecondsMax {
            try number(CURLOPT_LOW_SPEED_LIMIT, 1)
            try number(CURLOPT_LOW_SPEED_TIME, seconds)
        }
    }

    private func number(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try check(curl_call_set_long(library.setOption, curl, option, value))
    }

    private func size(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try check(curl_call_set_size(library.setOption, curl, option, Int64(value)))
    }

    private func text(_ option: CURLoption, _ value: String) throws(TransferError) {
        try check(curl_call_set_text(library.setOption, curl, option, value))
    }

    private func pointer(
        _ option: CURLoption, _ value: UnsafeMutableRawPointer?
    ) throws(TransferError) {
        try check(curl_call_set_pointer(library.setOption, curl, option, value))
    }

    private func check(_ code: CURLcode) throws(TransferError) {
        guard code == CURLE_OK else { throw .failed(code: Int32(code.rawValue)) }
    }
}

/// One request, and what comes back. Used by one thread.
package final class CurlTransfer {
    /// What is sent.
    package enum Body {
        case none
        case whole([UInt8])
    }

    package let url: String
    let fields: [(String, String)]
    let body: Body
    let responseBytesMax: Int
    /// Schemes that may be used, as libcurl lists them.
    package var protocols = "http"
    /// Whether the environment's proxy variables are heeded.
    package var usesProxy = false
    /// Redirects that are followed; 0 takes one as the response.
    package var redirectsMax = 0
    /// A file of certificates (PEM) in place of the system's.
    package var certificatesPath: String?
    /// Takes the response's bytes in place of `answer`, with the status known; false breaks it off.
    package var receive: ((UnsafeRawBufferPointer) -> Bool)?
    /// Seconds without a byte after which it fails.
    package var stallSecondsMax: Int?
    /// In total; nil waits for ever.
    package var secondsMax: Int?
    /// Whether its end leaves a look-up of its host's name to itself.
    var leavesLookups = false
    /// Asked about once a second while nothing moves.
    package var isStopped: () -> Bool = { false }

    package fileprivate(set) var status = 0
    private(set) var responseFields: [(name: String, value: String)] = []
    package private(set) var response: [UInt8] = []
    /// The response was longer than `answerBytesMax` and was not kept.
    package private(set) var isCut = false

    package init(
        url: String, fields: [(String, String)] = [], body: Body, responseBytesMax: Int
    ) {
        self.url = url
        self.fields = fields
        self.body = body
        self.responseBytesMax = responseBytesMax
    }

    /// The first field of that name (given in lower case).
    package func value(_ name: String) -> String? {
        responseFields.first { $0.name == name }?.value
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let receive { return receive(bytes) }
        guard response.count + bytes.count <= responseBytesMax else {
            (isCut, response) = (true, [])
            return false
        }
        response.append(contentsOf: bytes)
        return true
    }

    /// One line of the response's head; more than any platform sends is passed over.
    fileprivate func take(line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            // Another head begins: of a redirect's target, or after an interim answer.
            responseFields = []
            let code = line.split(separator: 0x20, maxSplits: 2).dropFirst().first ?? line[0..<0]
            status = Int(String(decoding: code.prefix(3), as: UTF8.self)) ?? 0
            return
        }
        guard responseFields.count < 64, line.count <= 8_192,
            let colon = line.firstIndex(of: 0x3A)
        else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            .prefix { $0 != 0x0D && $0 != 0x0A }
        responseFields.append((name, String(decoding: value, as: UTF8.self)))
    }
}

private typealias ByteCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

private func transfer(_ user: UnsafeMutableRawPointer?) -> CurlTransfer {
    Unmanaged<CurlTransfer>.fromOpaque(user!).takeUnretainedValue()
}

private let takeBody: ByteCallback = { bytes, size, count, user in
    let total = size * count
    return transfer(user).take(UnsafeRawBufferPointer(start: bytes, count: total)) ? total : 0
}

private let takeLine: ByteCallback = { bytes, size, count, user in
    transfer(user).take(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private let tick: @convention(c) (UnsafeMutableRawPointer?, Int64, Int64, Int64, Int64) -> Int32 = {
    user, _, _, _, _ in transfer(user).isStopped() ? 1 : 0
}
