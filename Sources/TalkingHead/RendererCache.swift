import EngineAPI

/// The last few portraits, taken apart: who asks again for a face needs not wait for it. Compares
/// whole images, so that nobody gets another's face.
struct RendererCache {
    private static let entriesMax = 4
    /// Of all entries: the portraits and what was made of them.
    private static let bytesMax = 48 << 20

    private struct Entry {
        let portrait: Image
        let options: AnimationOptions
        let renderer: FrameRenderer
        let facesSeen: Int
        let bytes: Int

        func answers(_ other: Image, _ wanted: AnimationOptions) -> Bool {
            options.framing == wanted.framing && options.sidePixels == wanted.sidePixels
                && options.facePoint == wanted.facePoint && options.background == wanted.background
                && portrait == other
        }
    }

    /// The last one that was asked for comes last.
    private var entries: [Entry] = []

    mutating func renderer(
        of portrait: Image, _ options: AnimationOptions
    ) -> (FrameRenderer, facesSeen: Int)? {
        guard let index = entries.firstIndex(where: { $0.answers(portrait, options) }) else {
            return nil
        }
        let entry = entries.remove(at: index)
        entries.append(entry)
        return (entry.renderer, entry.facesSeen)
    }

    /// - layerBytes: what the renderer holds.
    mutating func keep(
        _ renderer: FrameRenderer, facesSeen: Int, of portrait: Image, _ options: AnimationOptions,
        layerBytes: Int
    ) {
        let bytes = portrait.rgb.count + layerBytes
        guard bytes <= Self.bytesMax else { return }
        entries.append(
            Entry(
                portrait: portrait, options: options, renderer: renderer, facesSeen: facesSeen,
                bytes: bytes))
        while entries.count > Self.entriesMax
            || entries.reduce(0, { $0 + $1.bytes }) > Self.bytesMax
        {
            entries.removeFirst()
        }
    }
}
