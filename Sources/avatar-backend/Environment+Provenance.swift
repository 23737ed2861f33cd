import CommandLineSupport
import EngineAPI
import Media
import Service

extension Environment {
    /// A chain of certificates has some kB, and a list of all that are trusted less than a MiB.
    private static let fileBytesMax = 4 << 20
    private static let pemStart = "-----BEGIN "

    /// Who signs, and whom `/verify` trusts. Files are read here, once; the library is not opened.
    mutating func readProvenance() throws(BadValue) {
        trustAnchors = try pem("AVATAR_C2PA_TRUST") ?? ""
        let certificates = try pem("AVATAR_C2PA_CERT")
        let key = try pem("AVATAR_C2PA_KEY")
        service.holdsStreams = try integer("AVATAR_C2PA_HOLD", default: 0, in: 0...1) == 1
        guard let certificates, let key else {
            // One without the other was meant to sign.
            guard certificates == nil, key == nil else {
                throw BadValue(
                    variable: key == nil ? "AVATAR_C2PA_KEY" : "AVATAR_C2PA_CERT", value: "",
                    allowed: "a file in PEM, beside the other of the two")
            }
            return
        }
        do throws(SigningCredentialsError) {
            signer = ContentSigner(
                try SigningCredentials(certificates: certificates, key: key),
                generator: (Product.title, Product.version))
        } catch {
            throw switch error {
            case .badCertificate:
                BadValue(
                    variable: "AVATAR_C2PA_CERT", value: "(\(certificates.utf8.count) bytes)",
                    allowed: "certificates in PEM, the signer's first, with a key of P-256, P-384, "
                        + "P-521, RSA or Ed25519")
            case .badKey:
                BadValue(
                    variable: "AVATAR_C2PA_KEY", value: "(\(key.utf8.count) bytes)",
                    allowed: "a private key in PEM (PKCS #8) without a password")
            }
        }
    }

    /// A file in PEM, or what would stand in it: some platforms hand secrets over as variables.
    private func pem(_ name: String) throws(BadValue) -> String? {
        guard let value = try text(name) else { return nil }
        if value.hasPrefix(Self.pemStart) { return value }
        do throws(CommandFailure) {
            return String(
                decoding: try readFile(value, bytesMax: Self.fileBytesMax), as: UTF8.self)
        } catch {
            throw BadValue(
                variable: name, value: value, allowed: "a file in PEM that can be read")
        }
    }
}

/// Opens the library and signs a moment of silence where the operator has a certificate, so that
/// what can't sign is told now and not by the first request.
func prepareSigner(_ environment: Environment) async throws(CommandFailure) {
    guard let signer = environment.signer else { return }
    do throws(EngineError) {
        try await signer.prepare()
    } catch .libraryMissing(let name) {
        throw CommandFailure(
            .unavailable, "AVATAR_C2PA_CERT needs \(name), which is not here: scripts/setup --c2pa")
    } catch .signingFailed(let why) {
        throw CommandFailure(
            .badVariable, "AVATAR_C2PA_CERT and AVATAR_C2PA_KEY cannot sign together: \(why)")
    } catch {
        throw CommandFailure(.ownFault, "AVATAR_C2PA_CERT cannot be tried: \(error)")
    }
}
