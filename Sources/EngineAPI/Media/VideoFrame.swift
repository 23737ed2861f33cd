/// One frame of a video: packed 8-bit sRGB, three bytes a pixel, top row first, no row padding.
// SAFETY: one owner at a time: a session hands a frame to the thread that draws it, then to whoever
// asked for it, who hands it to an encoder and then back; each waits for the other.
package final class VideoFrame: @unchecked Sendable {
    package let width: Int
    package let height: Int
    package var rgb: [UInt8]
    /// Counted from the video's first frame.
    package var index = 0
    /// When it is shown, from the video's beginning.
    package var seconds = 0.0

    /// A black frame.
    package init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        rgb = Array(repeating: 0, count: width * height * 3)
    }
}
