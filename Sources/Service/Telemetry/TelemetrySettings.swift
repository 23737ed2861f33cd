/// Where traces and metrics go; OpenTelemetry's own variables name all of it.
package struct TelemetrySettings: Sendable {
    /// The collector: `/v1/traces` and `/v1/metrics` are added.
    package var endpoint: String
    /// Header fields of each post, such as a key.
    package var headers: [(String, String)]
    /// What the process calls itself.
    package var serviceName: String
    /// Between two posts of traces.
    package var traceMilliseconds: Int
    /// Between two posts of metrics.
    package var metricMilliseconds: Int

    package init(
        endpoint: String, headers: [(String, String)] = [], serviceName: String = Product.name,
        traceMilliseconds: Int = 5_000, metricMilliseconds: Int = 60_000
    ) {
        self.endpoint = endpoint
        self.headers = headers
        self.serviceName = serviceName
        self.traceMilliseconds = traceMilliseconds
        self.metricMilliseconds = metricMilliseconds
    }
}

/// Posts JSON to the collector.
package protocol TelemetryPosting: Sendable {
    /// - Returns: the status that came back; nil where none did.
    func post(_ body: [UInt8], fields: [(String, String)], to url: String) async -> Int?
}
