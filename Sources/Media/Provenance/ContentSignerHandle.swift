import EngineAPI
import Execution

/// The operator's certificate and key, as PEM.
package struct SigningCredentials: Sendable {
    /// The signer's certificate first, then those that lead to a root.
    package let certificates: String
    package let key: String
    /// As C2PA names it.
    let algorithm: String

    /// - Throws: `.badCertificate`, where its key is of no kind that C2PA signs with, `.badKey`.
    package init(certificates: String, key: String) throws(SigningCredentialsError) {
        guard let der = PEMBlock.first("CERTIFICATE", in: certificates),
            let algorithm = Self.algorithm(ofCertificate: der)
        else { throw .badCertificate }
        // PKCS #8 (RFC 5958) without a password, or the older forms of the two families.
        let labels = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]
        guard labels.contains(where: { PEMBlock.first($0, in: key) != nil }) else { throw .badKey }
        self.certificates = certificates
        self.key = key
        self.algorithm = algorithm
    }

    /// Which signature goes with a certificate's own key. The identifiers of curves and of RSA keys
    /// stand in a certificate for its own key alone (RFC 5280 §4.1.2.7); Ed25519's for the issuer's
    /// signature too, so that it is looked for last.
    static func algorithm(ofCertificate der: [UInt8]) -> String? {
        let kinds: [([UInt8], String)] = [
            ([0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], "es256"),
            ([0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22], "es384"),
            ([0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23], "es512"),
            ([0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01], "ps256"),
            ([0x06, 0x03, 0x2B, 0x65, 0x70], "ed25519"),
        ]
        return kinds.first { ByteSearch.first($0.0, in: der) != nil }?.1
    }
}

/// Why a certificate and a key can't sign.
package enum SigningCredentialsError: Error, Sendable {
    case badCertificate, badKey
}

/// Signs what was made, on a thread of its own, one file at a time: a video takes some
/// milliseconds. The library is opened by `prepare`, or by the first file.
package actor ContentSigner: ProvenanceSigning {
    /// What can bear a manifest of all that is made here; Ogg, ADTS, WebM and bare samples cannot.
    static let signable: Set<String> = [
        "audio/wav", "audio/mpeg", "audio/flac", "video/mp4", "image/gif",
    ]
    /// A manifest with its certificates has 3 to 12 kB; the chunks or boxes around it are small.
    private static let manifestBytesMax = 1 << 20

    private let credentials: SigningCredentials
    private let generator: (name: String, version: String)
    private let thread = ThreadExecutor(name: "sign")
    private var library: C2PALibrary?
    private var context: C2PALibrary.Pointer?
    private var signer: C2PALibrary.Pointer?

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - generator: the program's name and version, which the manifest tells.
    package init(_ credentials: SigningCredentials, generator: (name: String, version: String)) {
        self.credentials = credentials
        self.generator = generator
    }

    isolated deinit {
        guard let library else { return }
        _ = library.free(signer)
        _ = library.free(context)
    }

    nonisolated package func canSign(_ mediaType: String) -> Bool {
        Self.signable.contains(mediaType)
    }

    /// Opens the library and signs a moment of silence, so that what can't sign is found out now.
    /// - Throws: `.libraryMissing`, `.signingFailed`.
    package func prepare() throws(EngineError) {
        let claim = ProvenanceClaim(source: .trained, engine: "none", models: [])
        var silence = WaveEncoder.streamHeader(sampleRateHz: 8_000)
        // Both lengths are told: no samples.
        silence.replaceSubrange(4..<8, with: WaveEncoder.little(silence.count - 8, 4))
        silence.replaceSubrange(silence.count - 4..<silence.count, with: [0, 0, 0, 0])
        let library = try opened()
        // Read back: the library signs with a key that is not the certificate's, too.
        guard let checking = library.context(settings: Self.settings(verifying: true)) else {
            throw .signingFailed(library.lastError())
        }
        defer { _ = library.free(checking) }
        _ = try signed(silence, "audio/wav", claim, library, checking)
    }

    package func sign(
        _ bytes: [UInt8], mediaType: String, _ claim: ProvenanceClaim, work: WorkContext
    ) throws(EngineError) -> [UInt8] {
        try thread.ready()
        try work.check()
        // The signed file, and what the library keeps of it while it writes.
        let needed = 2 * bytes.count + Self.manifestBytesMax
        try work.memory.charge(needed)
        defer { work.memory.release(needed) }
        let library = try opened()
        return try signed(bytes, mediaType, claim, library, context)
    }

    private func signed(
        _ bytes: [UInt8], _ mediaType: String, _ claim: ProvenanceClaim, _ library: C2PALibrary,
        _ context: C2PALibrary.Pointer?
    ) throws(EngineError) -> [UInt8] {
        let output = C2PAMemory(bytesMax: bytes.count + Self.manifestBytesMax)
        output.bytes.reserveCapacity(bytes.count + 16 << 10)
        guard let empty = library.makeBuilder(context) else {
            throw .signingFailed(library.lastError())
        }
        // It takes the empty one, whether it gives another back or not.
        guard let builder = library.define(empty, manifest(claim)) else {
            throw .signingFailed(library.lastError())
        }
        defer { _ = library.free(builder) }
        guard Self.write(bytes, mediaType, to: output, builder, signer, library) else {
            throw .signingFailed(library.lastError())
        }
        return output.bytes
    }

    private static func write(
        _ bytes: [UInt8], _ mediaType: String, to output: C2PAMemory,
        _ builder: C2PALibrary.Pointer, _ signer: C2PALibrary.Pointer?, _ library: C2PALibrary
    ) -> Bool {
        guard let source = C2PAStreamHandle(C2PAMemory(bytes), library),
            let target = C2PAStreamHandle(output, library)
        else { return false }
        // A copy of what was written into the file.
        var manifest: UnsafeMutableRawPointer?
        let size = source.with { source in
            target.with { library.sign(builder, mediaType, source, $0, signer, &manifest) }
        }
        if let manifest { _ = library.free(manifest) }
        return size > 0
    }

    private func opened() throws(EngineError) -> C2PALibrary {
        if let library { return library }
        let library = try C2PALibrary()
        guard let context = library.context(settings: Self.settings(verifying: false)) else {
            throw .signingFailed(library.lastError())
        }
        let signer = credentials.algorithm.withCString { algorithm in
            credentials.certificates.withCString { certificates in
                credentials.key.withCString { key in
                    var info = C2PALibrary.SignerInfo(
                        algorithm: algorithm, certificates: certificates, key: key)
                    return library.makeSigner(&info)
                }
            }
        }
        guard let signer else {
            let error = library.lastError()
            _ = library.free(context)
            throw .signingFailed(error)
        }
        (self.library, self.context, self.signer) = (library, context, signer)
        return library
    }

    /// No image of the content in the manifest, and no connection: what was signed is what was made
    /// here, so that it is not read once more.
    private static func settings(verifying: Bool) -> String {
        #"{"builder":{"thumbnail":{"enabled":false}},"verify":{"remote_manifest_fetch":false,"#
            + #""ocsp_fetch":false,"verify_after_sign":\#(verifying)}}"#
    }

    /// The definition of a manifest (C2PA 2.x): made here, by what. Nothing of the content.
    private func manifest(_ claim: ProvenanceClaim) -> String {
        let agent = #"{"name":\#(quoted(generator.name)),"version":\#(quoted(generator.version))}"#
        let models = claim.models.map(quoted).joined(separator: ",")
        let made =
            #""com.avatar-backend.engine":\#(quoted(claim.engine)),"com.avatar-backend.models":"#
            + "[\(models)]"
        return #"{"claim_generator_info":[\#(agent)],"assertions":[{"label":"c2pa.actions.v2","#
            + #""data":{"actions":[{"action":"c2pa.created","digitalSourceType":"#
            + #"\#(quoted(claim.source.address)),"softwareAgent":\#(agent),"#
            + #""parameters":{\#(made)}}]}}]}"#
    }

    /// A JSON string (RFC 8259 §7).
    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20: quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
