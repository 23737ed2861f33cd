import CommandLineSupport
import Inference
import Transcription

extension Environment {
    /// What the weights of Whisper's models may take together: half of the process's memory, and
    /// never less than the two that come with the program.
    var transcriptionModelBytesMax: Int { max(processBytesMax / 2, 192 << 20) }

    /// What is taken where a request names no model for transcription.
    func readTranscriptionModel() throws(BadValue) -> String? {
        guard let name = try text("AVATAR_TRANSCRIPTION_MODEL"), name != "auto" else {
            return nil
        }
        return name
    }

    /// Refuses a default model that is not in the models folder, before anybody asks for it.
    func requireTranscriptionModel() throws(BadValue) {
        guard let transcriptionModel else { return }
        let names = WhisperTranscriber.modelNames(in: ModelDirectory(path: modelsPath))
        guard !names.contains(transcriptionModel) else { return }
        throw BadValue(
            variable: "AVATAR_TRANSCRIPTION_MODEL", value: transcriptionModel,
            allowed: (["auto"] + names).joined(separator: ", ")
                + " (auto, and the models in \(modelsPath)/whisper)")
    }
}

/// The variables of a program that works, or an error in one line.
func workingEnvironment() throws -> Environment {
    let environment = try checkedEnvironment()
    do throws(Environment.BadValue) {
        try environment.requireTranscriptionModel()
    } catch {
        throw CommandFailure(.badVariable, error.description)
    }
    return environment
}
