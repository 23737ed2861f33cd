import HTTPWire

extension AvatarService {
    /// `GET /v1/models`: OpenAI's names, which mean our defaults, and what is in the models folder.
    func modelsResponse() -> Response {
        let models: JSONValue = [
            "object": "list", "data": .array(modelNames.map(AvatarService.model)),
        ]
        return Response(status: 200, type: "application/json", body: json(models))
    }

    /// `GET /v1/models/{model}`.
    func modelResponse(path: String) throws(Problem) -> Response {
        let encoded = path.dropFirst(Route.modelPrefix.count)
        let name = percentDecoded(encoded.utf8, plusIsSpace: false) ?? String(encoded)
        guard
            modelNames.contains(name)
                || OpenAIModels.isNamed(name, in: OpenAIModels.transcription + OpenAIModels.speech)
        else {
            throw Problem(
                .modelMissing, status: 404, "There is no such model here.", field: "model",
                limit: modelNames.joined(separator: ", "), got: name)
        }
        return Response(
            status: 200, type: "application/json", body: json(AvatarService.model(name)))
    }

    /// `GET /v1/audio/voices`: OpenAI's objects, under both names that clients look for.
    func audioVoicesResponse() -> Response {
        let voices = engines.speaker.voices().filter(\.isPresent).map { voice -> JSONValue in
            [
                "id": .string(voice.id), "object": "audio.voice", "name": .string(voice.id),
                "created_at": 0, "type": "audio_sample", "language": .string(voice.language),
                "gender": .string(voice.gender),
            ]
        }
        let list: JSONValue = [
            "object": "list", "data": .array(voices), "voices": .array(voices),
        ]
        return Response(status: 200, type: "application/json", body: json(list))
    }

    private var modelNames: [String] {
        OpenAIModels.transcription + engines.transcriber.modelNames() + OpenAIModels.speech
            + engines.speaker.voices().filter(\.isPresent).map(\.id)
    }

    /// - created: OpenAI's clients read a number; ours have no date that means anything.
    private static func model(_ name: String) -> JSONValue {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": .string(Product.name)]
    }
}
