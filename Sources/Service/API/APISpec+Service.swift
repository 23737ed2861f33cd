extension APISpec {
    static let warmupEngines = Field.list(
        "engines", ["transcribe", "speak", "animate"], isOpen: true,
        "Which; all where none is named. animate is the first of /engines; the others go by "
            + "their ids.")

    static let engines = APIOperation(
        .engines, .service, "List engines that animate", "The default is the first.",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The engines.", schema: "EngineList",
                example: [
                    "engines": [
                        ["id": "mesh", "default": true, "present": true, "enhancer": false]
                    ]
                ])
        ], command: "curl $HOST/engines")

    static let warmup = APIOperation(
        .warmup, .service, "Load models before they are needed",
        "Costs nothing when they are loaded; ten at once load each model once.",
        fields: [warmupEngines.facts],
        responses: [
            APIResponse(
                types: ["application/json"], detail: "All of them are ready.", schema: "Warmup",
                example: [
                    "engines": [
                        "speak": [
                            "state": "ready", "load_ms": 41.2, "model": ["hibari"],
                            "backend": "cpu", "resident_bytes": 20_000_000,
                        ]
                    ], "talking_heads": ["mesh"], "elapsed_ms": 41.9,
                ]),
            APIResponse(
                status: 503, types: ["application/json"],
                detail: "One of them failed; its detail says why.", schema: "Warmup"),
        ], problems: [.badJSON, .badForm], command: "curl -X POST $HOST/warmup",
        example: ["engines": ["speak"]])

    static let voices = APIOperation(
        .voices, .service, "List voices",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The voices.", schema: "VoiceList",
                example: [
                    "voices": [
                        [
                            "id": "hibari", "language": "en-US", "gender": "female",
                            "sample_rate": 24_000, "licence": "Apache-2.0", "present": true,
                        ]
                    ]
                ])
        ], command: "curl $HOST/voices")

    static let health = APIOperation(
        .health, .service, "Say whether the server takes work",
        "At once, also while engines are busy.",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "It does.", schema: "Health",
                example: ["status": "ok"])
        ], command: "curl $HOST/healthz")

    static let metrics = APIOperation(
        .metrics, .service, "Count what was done", "Prometheus' text format, version 0.0.4.",
        responses: [
            APIResponse(
                types: ["text/plain"],
                detail: "Requests, refusals, queue, stages, seconds of media, memory.",
                example: "avatar_queue_depth 0\n")
        ], command: "curl $HOST/metrics")

    static let home = APIOperation(
        .home, .service, "The page",
        "A page for browsers that hears, speaks and shows. With Accept: application/json, "
            + "and without HTML in it: name, version and routes.",
        responses: [
            APIResponse(types: ["text/html"], detail: "The page."),
            APIResponse(
                types: ["application/json"], detail: "For programs.", schema: "Home",
                example: [
                    "name": .string(Product.name), "version": .string(Product.version),
                    "routes": ["POST /transcribe"],
                ]),
        ], command: "curl -H 'Accept: application/json' $HOST/")

    static let worklets = APIOperation(
        .worklets, .service, "The page's script for sound",
        "Runs beside the page, on the browser's thread for sound.",
        responses: [APIResponse(types: ["text/javascript"], detail: "The script.")],
        command: "curl $HOST/worklets.js")

    static let docs = APIOperation(
        .docs, .service, "This reference",
        responses: [APIResponse(types: ["text/html"], detail: "The reference.")],
        command: "curl $HOST/docs")

    static let openAPI = APIOperation(
        .openapi, .service, "This reference for programs", "OpenAPI 3.1.",
        responses: [
            APIResponse(types: ["application/json"], detail: "The document.", schema: "Any")
        ], command: "curl $HOST/openapi.json")
}
