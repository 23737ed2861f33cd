/// Makes a converter of mono samples from one rate, in hertz, to another.
package typealias AudioRateConverterFactory =
    @Sendable (_ fromHz: Int, _ toHz: Int) throws(EngineError) -> any AudioRateConverting

/// Mono samples at another rate, as they come. Used by one task at a time.
package protocol AudioRateConverting: AnyObject, Sendable {
    /// Returns what is known after the next samples.
    /// - Throws: `.encoderFailed`.
    func convert(_ samples: [Float]) throws(EngineError) -> [Float]

    /// No more comes: returns what is still held. The next samples begin a stream.
    /// - Throws: `.encoderFailed`.
    func finish() throws(EngineError) -> [Float]
}
