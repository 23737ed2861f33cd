import Service

extension Environment {
    /// OpenTelemetry's own variables. Without an endpoint nothing is recorded.
    func readTelemetry() throws(BadValue) -> TelemetrySettings? {
        guard var endpoint = try text("OTEL_EXPORTER_OTLP_ENDPOINT") else { return nil }
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        guard Self.isAddress(endpoint) else {
            throw BadValue(
                variable: "OTEL_EXPORTER_OTLP_ENDPOINT", value: endpoint,
                allowed: "an http or https URL of a collector that takes OTLP over HTTP")
        }
        return TelemetrySettings(
            endpoint: endpoint, headers: try telemetryHeaders(),
            serviceName: try text("OTEL_SERVICE_NAME") ?? Product.name,
            traceMilliseconds: try integer(
                "OTEL_BSP_SCHEDULE_DELAY", default: 5_000, in: 100...600_000),
            metricMilliseconds: try integer(
                "OTEL_METRIC_EXPORT_INTERVAL", default: 60_000, in: 100...3_600_000))
    }

    /// `name=value,name=value`; values are keys, and are not told.
    private func telemetryHeaders() throws(BadValue) -> [(String, String)] {
        guard let value = try text("OTEL_EXPORTER_OTLP_HEADERS") else { return [] }
        var headers: [(String, String)] = []
        for pair in value.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { String($0) }
            guard parts.count == 2, !parts[0].isEmpty,
                pair.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }),
                parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 != 0x3A })
            else {
                throw BadValue(
                    variable: "OTEL_EXPORTER_OTLP_HEADERS",
                    value: "(\(value.utf8.count) characters)",
                    allowed: "name=value, several with commas between them")
            }
            headers.append((parts[0], parts[1]))
        }
        return headers
    }
}
