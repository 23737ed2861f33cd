import HTTPWire

/// Whether a client prefers to be told where its response will be (RFC 7240 §4.1). What comes with
/// the preference, as in `wait=10`, is no duty and is passed over.
func prefersAsync(_ head: RequestHead) -> Bool {
    for value in head.values("prefer") {
        for preference in value.split(separator: ",") {
            let name = String(preference.prefix { $0 != ";" && $0 != "=" })
            if name.trimmingBlanks().lowercased() == "respond-async" { return true }
        }
    }
    return false
}
