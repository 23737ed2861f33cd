import CLinux

import struct Synchronization.Atomic

/// Loads of this process that are under way. Opening a library and a model touches code that using
/// it never does: when the last of them ends, its pages are let go, and read again from the file
/// where something needs them after all. Not earlier: other loads would read the same code anew.
package enum LoadsUnderWay {
    private static let count = Atomic<Int>(0)

    package static func begin() { count.add(1, ordering: .relaxed) }

    /// Once for each `begin`.
    package static func end() {
        if count.subtract(1, ordering: .relaxed).newValue == 0 { linux_let_go_of_code() }
    }
}
