/// Fields of `/verify`.
enum VerificationFields {
    static let file = Field.file(
        "file",
        "The file: mp4, mov, m4a, wav, mp3, flac, gif, png, jpeg, webp, avi, heic, avif; of others "
            + "only the marks are told.",
        isRequired: true)

    static let all = [file.facts]
}
