extension AvatarService {
    /// Sends traces and metrics as they come, until its task is cancelled.
    package func sendTelemetry() async { await telemetry?.run() }

    /// Sends what was recorded, once.
    package func flushTelemetry() async { await telemetry?.flush() }

    /// The last posts.
    package func endTelemetry() async { await telemetry?.end() }
}
