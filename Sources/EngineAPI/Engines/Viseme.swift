/// The fifteen mouth shapes of the Oculus lip-sync set, in its order.
/// Source: Meta, "Viseme Reference" (OVRLipSync).
package enum Viseme: UInt8, Sendable, CaseIterable {
    case sil, PP, FF, TH, DD, kk, CH, SS, nn, RR, aa, E, ih, oh, ou

    /// Its conventional spelling.
    package var name: String { String(describing: self) }
}

/// A viseme with its time in seconds, as it is heard (not ahead of the audio).
package struct TimedViseme: Sendable, Equatable {
    package let viseme: Viseme
    package let startSeconds: Double
    package let endSeconds: Double

    package init(viseme: Viseme, startSeconds: Double, endSeconds: Double) {
        self.viseme = viseme
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
    }
}
