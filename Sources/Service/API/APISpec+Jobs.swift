extension APISpec {
    static let prefer = APIField(
        "Prefer", .text,
        "respond-async: be told at once, with 202 and Location, where the response will be.")

    static let webhook: Field<String?> = {
        var field = Field.text(
            "webhook",
            "With Prefer: respond-async: an http or https URL that is sent the job's status at "
                + "its end. Its host must be one of AVATAR_WEBHOOK_HOSTS.",
            lengths: 0...WebhookTarget.bytesMax)
        field.facts.isOption = false
        field.facts.pattern = "^([Hh][Tt][Tt][Pp][Ss]?://|$)"
        return field
    }()

    /// What a route that takes jobs answers with where a job was asked for.
    static let accepted = APIResponse(
        status: 202, types: ["application/json"],
        detail: "With Prefer: respond-async: the job's status; Location leads to it.",
        schema: "Job", headers: ["Location", "Preference-Applied"])

    private static let id = APIField(
        "id", .path, "The job's id, from Location or from the status.", isRequired: true)

    private static let example: JSONValue = [
        "id": "6f0c5f1e9d3b4a7c8e2d1b0a9f8e7d6c", "status": "running", "route": "/animate",
        "created_at": "2026-01-31T12:00:00.000Z", "started_at": "2026-01-31T12:00:00.010Z",
        "progress": ["unit": "frames", "done": 120, "total": 275],
        "links": [
            "self": "/jobs/6f0c5f1e9d3b4a7c8e2d1b0a9f8e7d6c",
            "result": "/jobs/6f0c5f1e9d3b4a7c8e2d1b0a9f8e7d6c/result",
            "events": "/jobs/6f0c5f1e9d3b4a7c8e2d1b0a9f8e7d6c/events",
        ],
    ]

    private static let status = APIResponse(
        types: ["application/json"], detail: "The status.", schema: "Job", example: example)

    static let job = APIOperation(
        .job, .jobs, "Tell how a job stands",
        "A job comes from Prefer: respond-async on /transcribe, /speak or /animate. It waits "
            + "its turn, runs, and is kept for an hour after its end; its id is all that "
            + "is needed to reach it. Where the server stops, its jobs and results go.",
        fields: [id], responses: [status], problems: [.jobMissing],
        command: "curl $HOST/jobs/$ID")

    static let deleteJob = APIOperation(
        .job, .jobs, "Cancel a job, or delete its result",
        "The response is its last status; afterwards there is no such job.",
        fields: [id], responses: [status], problems: [.jobMissing],
        command: "curl -X DELETE $HOST/jobs/$ID", method: "DELETE")

    static let jobResult = APIOperation(
        .jobResult, .jobs, "Fetch what a job made",
        "The very answer that the route would have given: its status, type and bytes, or its "
            + "problem. One range of bytes is served, so that a download can go on where it "
            + "broke off; the entity tag never changes.",
        fields: [id],
        responses: [
            APIResponse(
                types: resultTypes, detail: "The response.",
                headers: ["ETag", "Accept-Ranges"]),
            APIResponse(
                status: 206, types: resultTypes, detail: "The range of it.",
                headers: ["ETag", "Accept-Ranges", "Content-Range"]),
            APIResponse(
                status: 304, types: [], detail: "If-None-Match names its tag.",
                headers: ["ETag"]),
        ],
        problems: resultProblems, command: "curl -C - -o hello.mp4 $HOST/jobs/$ID/result",
        headers: [
            APIField("Range", .text, "bytes=first-last, bytes=first- or bytes=-count."),
            APIField("If-Range", .text, "A tag: the range only where it is still this one's."),
            APIField("If-Match", .text, "Tags, of which one must be this one's."),
            APIField("If-None-Match", .text, "Tags, of which none may be this one's."),
        ])

    static let jobEvents = APIOperation(
        .jobEvents, .jobs, "Watch a job",
        "Server-sent events, each with the job's status: status when it begins to wait or to "
            + "run, progress, and done at its end, however it ended. Comments keep a quiet "
            + "connection open.",
        fields: [id],
        responses: [
            APIResponse(
                types: ["text/event-stream"], detail: "The events, until the end.",
                example: .string(
                    "id: 3\nevent: progress\ndata: {\"status\":\"running\",…}\n\n")),
            APIResponse(
                status: 204, types: [],
                detail: "Last-Event-ID names the last event: nothing more will come."),
        ], problems: [.jobMissing, .overloaded], command: "curl -N $HOST/jobs/$ID/events",
        headers: [
            APIField("Last-Event-ID", .text, "The id of the last event that was heard.")
        ])

    /// All types that the three routes answer in.
    private static let resultTypes =
        ["video/mp4", "application/json"] + audioTypes + transcriptTypes

    /// A job's own problems, and whatever its route can have once the fields are read.
    private static let resultProblems: [ProblemKind] =
        [
            .jobMissing, .jobUnfinished, .precondition, .rangeUnsatisfiable, .overloaded,
            .storeFull, .storeUnavailable, .cancelled, .deadline, .engineFailed,
            .modelMissing, .modelDamaged, .libraryMissing, .deviceFailed, .deviceFull,
            .voiceUnknown, .nothingToSpeak, .scriptUnsupported, .badSSML,
            .encoderFailed, .internal,
        ] + transcriptionProblems + [
            .audioTooShort, .unreadableImage, .imageTooLarge, .noFace, .noSilhouette,
            .fieldsConflict,
        ]
}
