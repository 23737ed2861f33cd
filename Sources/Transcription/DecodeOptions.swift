/// How one piece is decoded.
struct DecodeOptions {
    /// nil detects it.
    var language: String?
    var isTranslation = false
    var prompt = ""
    var temperature: Float = 0
    /// Added to the temperature at each retry inside whisper.cpp; 0 never retries.
    var temperatureStep: Float = 0
    /// Texts that are followed at once where nothing is left to chance; 0 takes the likeliest
    /// token each time.
    var beamWidth: Int32 = 0
    /// Encoder positions of 20 ms; 0 is the whole 30 s window.
    var window: Int32 = 0
    var tokensMax: Int32 = 0
    /// Lets the decoder write times between the words, which keeps it from saying them again.
    var usesTimestamps = false
    /// Whether it may write notes of sounds that are no speech.
    var writesNotes = true
    /// Keeps it from saying the same thing a third time in a row.
    var breaksLoops = false
    /// Finds out the language and writes nothing.
    var detectsOnly = false
    var threads: Int32 = 1
}
