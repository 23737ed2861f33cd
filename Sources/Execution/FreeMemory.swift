import CLinux

/// What is free in the process's heaps, and still resident.
package enum FreeMemory {
    /// Gives it back to the kernel. Worth its milliseconds after work that took much more than it
    /// left, where what follows takes its memory in larger pieces, which no heap holds.
    package static func giveBack() { linux_trim_memory() }
}
