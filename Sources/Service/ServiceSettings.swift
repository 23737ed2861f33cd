/// The limits of the service; each is stated in the error that it causes.
package struct ServiceSettings: Sendable {
    /// Requests whose work runs at once, and that wait for that; one more is 429.
    package var queueMax = 32
    /// Requests of one client at once, by its key, else by its address; 0 is no limit.
    package var clientQueueMax = 0
    /// Bytes of one request's body.
    package var bodyBytesMax = 32 << 20
    package var audioSecondsMax = 7_200.0
    package var videoSecondsMax = 1_800.0
    /// Characters of one text.
    package var textCharactersMax = 20_000
    /// For one request's work: under the platforms' 900 s, so that our response comes first.
    package var deadlineSeconds = 895
    /// Keys of which one must be sent; none asks for none.
    package var apiKeys: [String] = []
    /// Origins whose pages may read answers; "*" is all.
    package var corsOrigins: [String] = []
    /// Requests may become jobs. Off where the process sleeps between requests.
    package var offersJobs = true
    /// Jobs that are kept, from their coming until their results go.
    package var jobsMax = 100
    /// Bytes of all results that are kept.
    package var jobBytesMax = 256 << 20
    /// A result is kept so long after it was made.
    package var jobKeepSeconds = 3_600
    /// A job that failed holds no result; its problem is kept for so long.
    package var failedJobKeepSeconds = 300
    /// Hosts that webhooks may go to, in lower case.
    package var webhookHosts: [String] = []
    /// Signs webhooks; empty signs none.
    package var webhookSecret: [UInt8] = []
    /// Where results lie, in a folder of their own.
    package var temporaryFolder = "/tmp"
    /// Requests that read results or watch jobs at once.
    package var readersMax = 64
    /// What could be streamed is held back until it is whole where the operator signs, so that it
    /// can be signed.
    package var holdsStreams = false
    /// Pixels of a portrait's side.
    package var portraitSideMax = 4_096
    package var realtime = RealtimeSettings()

    package init() {}
}

/// What the program calls itself.
package enum Product {
    package static let name = "avatar-backend"
    /// For people, and as manifests of what was made tell it.
    package static let title = "Avatar Backend"
    package static let version = "0.1.0"
}
