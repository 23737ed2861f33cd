import HTTPWire

extension AvatarService {
    /// `GET` and `DELETE /jobs/{id}`.
    func jobResponse(_ head: RequestHead) throws(Problem) -> Response {
        let id = jobID(head.path)
        guard let snapshot = head.isMethod("DELETE") ? jobs.remove(id) : jobs.snapshot(id) else {
            throw Problem.jobMissing
        }
        return jobResponse(200, snapshot)
    }

    /// Takes a job, and tells where its response will be.
    func accept(_ request: JobRequest) throws(Problem) -> Response {
        let snapshot = try jobs.add(request)
        var response = jobResponse(202, snapshot)
        response.head.add("Location", snapshot.path)
        response.head.add("Preference-Applied", "respond-async")
        return response
    }

    private func jobResponse(_ status: Int, _ snapshot: JobSnapshot) -> Response {
        Response(
            status: status, type: "application/json",
            body: json(JSONValue.object(snapshot.status)),
            fields: [("Cache-Control", "no-store")])
    }

    /// Removes the results that dead processes left.
    package func sweepResults() async {
        await jobs.lookAtStore()
        if !jobs.canStore {
            log.warning(
                "jobs cannot be stored", metadata: ["folder": "\(settings.temporaryFolder)"])
        }
        let count = await jobs.store.sweep()
        if count > 0 { log.notice("swept results", metadata: ["folders": "\(count)"]) }
    }

    /// Takes no further jobs and cancels those that have not ended.
    package func stopJobs() { jobs.stop() }

    /// Waits a little for webhooks under way, then removes every result.
    package func closeJobs() async { await jobs.close() }
}

/// The id in a job's path.
func jobID(_ path: String) -> String {
    String(path.dropFirst(Route.jobPrefix.count).prefix { $0 != "/" })
}
