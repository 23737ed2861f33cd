import ArgumentParser
import FoundationEssentials

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the models that are here.")

    private struct Manifest: Decodable {
        struct Entry: Decodable {
            let name: String
            let file: String
            let bytes: Int
            let licence: String
        }
        let models: [Entry]
    }

    func run() throws {
        let environment = try checkedEnvironment()
        let path = environment.modelsPath + "/manifest.json"
        let bytes: [UInt8]
        do {
            bytes = try readFile(path)
        } catch {
            throw ValidationError("no models at \(environment.modelsPath); run scripts/setup")
        }
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
        for entry in manifest.models {
            let megabytes = (Double(entry.bytes) / 1e5).rounded() / 10
            print("\(entry.name)\t\(megabytes) MB\t\(entry.licence)\t\(entry.file)")
        }
    }
}
