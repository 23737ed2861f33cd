/// Mono PCM, −1…1.
package struct AudioClip: Sendable, Equatable {
    package var samples: [Float]
    package let sampleRateHz: Int

    package init(samples: [Float], sampleRateHz: Int) {
        self.samples = samples
        self.sampleRateHz = sampleRateHz
    }

    package var seconds: Double { Double(samples.count) / Double(sampleRateHz) }
}

/// An upright image: packed 8-bit sRGB, three bytes a pixel, top row first, no row padding.
package struct Image: Sendable, Equatable {
    package let width: Int
    package let height: Int
    package var rgb: [UInt8]
    /// How many of the file's pixels each one is, along a side: 1, 2 or 4.
    package var reduction = 1

    package init(width: Int, height: Int, rgb: [UInt8]) {
        precondition(rgb.count == width * height * 3)
        self.width = width
        self.height = height
        self.rgb = rgb
    }
}
