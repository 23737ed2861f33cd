import Foundation
import HTTPWire
import Testing

@testable import Service

/// What is made from the one table of routes and fields.
@Suite struct FieldTableTests {
    @Test("no route declares a name twice", arguments: Route.allCases)
    func names(route: Route) {
        for operation in route.facts.operations() {
            let names = operation.fields.flatMap(\.names)
            #expect(Set(names).count == names.count, "\(names)")
            #expect(operation.route == route)
        }
    }

    @Test(
        "each command has an option for each field that is one value, and its default holds",
        arguments: [CLICommand.transcribe, .speak, .animate])
    func options(command: CLICommand) {
        let options = command.options
        #expect(options.count > 5 && Set(options.map(\.name)).count == options.count)
        #expect(options.contains { $0.name == "format" && $0.choices == command.formats })
        for option in options { #expect(!option.name.contains("_") && !option.help.isEmpty) }
    }

    @Test("a number in JSON is no boolean, and in a form 1 and 0 are")
    func flags() async throws {
        let service = scriptedService()
        for (body, status) in [("true", 200), ("0", 400), ("\"1\"", 200)] {
            let response = try await ask(
                service, "POST /speak", body: #"{"text":"one","phonemes":\#(body)}"#)
            #expect(response.head.status == status, "\(body)")
        }
        let (type, body) = form([("text", "one"), ("phonemes", "0")])
        let response = try await ask(service, "POST /speak", type: type, body: body)
        #expect(response.head.status == 200)
    }

    @Test("a route's limit of its body is its own")
    func limits() {
        var settings = ServiceSettings()
        settings.bodyBytesMax = 1 << 30
        #expect(Route.warmup.bodyBytesMax(settings) == 65_536)
        #expect(Route.transcribe.bodyBytesMax(settings) == 1 << 30)
        #expect(Route.speak.bodyBytesMax(settings) == Route.speech.bodyBytesMax(settings))
        #expect(Route.speak.bodyBytesMax(settings) < 1 << 30)
    }

    @Test("a request that is no WebSocket handshake is told what one is")
    func upgrades() {
        let cases: [(WebSocketUpgradeError, Int, String?)] = [
            (.upgradeMissing, 426, "Upgrade"), (.badVersion, 426, "Sec-WebSocket-Version"),
            (.badKey, 400, nil), (.badMethod, 405, "Allow"), (.unsupported, 501, nil),
        ]
        for (error, status, name) in cases {
            let response = Problem(error).response(requestID: "a")
            #expect(response.head.status == status, "\(error)")
            if let name { #expect(response.head.value(name.lowercased()) != nil, "\(error)") }
        }
    }
}
