import HTTPWire

/// What a model is told of the words that may come: a prompt, and keywords.
enum PromptText {
    /// What the model takes for text that was said before; what is nearer to its end counts for
    /// more. It begins with a blank, as Whisper's tokens of words do.
    static func joined(_ prompt: String, keywords: [String]) -> String {
        var parts = keywords.isEmpty ? [] : [keywords.joined(separator: ", ") + "."]
        let words = prompt.trimmingBlanks()
        if !words.isEmpty { parts.append(ended(words)) }
        return end(of: parts.isEmpty ? "" : " " + parts.joined(separator: " "))
    }

    /// A list that nothing ends gets a full stop: the model takes the first words of the audio for
    /// its next member otherwise, and leaves them out or spells them so.
    private static func ended(_ text: String) -> String {
        let separators = ",;\n、，；"
        let members = text.split { separators.contains($0) }
        guard members.count > 1, members.allSatisfy(isName),
            let end = text.lastIndex(where: { !separators.contains($0) && !$0.isWhitespace }),
            text[end].isLetter || text[end].isNumber
        else { return text }
        return text[...end] + "."
    }

    /// A few words, or more where they begin with a capital: "Ludwig Mies van der Rohe".
    private static func isName(_ text: Substring) -> Bool {
        let words = text.split(whereSeparator: \.isWhitespace)
        let isCapital = words.first?.first?.isUppercase == true
        return words.count <= (isCapital ? 6 : 3)
    }

    /// A model reads 224 tokens at most, and keeps the last of them, as OpenAI's does. No language
    /// writes more than 18 characters a token for so long: what is before is let go here, from a
    /// whole word on.
    private static func end(of prompt: String) -> String {
        let scalarsMax = 4_096
        let scalars = prompt.unicodeScalars
        guard scalars.count > scalarsMax else { return prompt }
        let end = scalars.suffix(scalarsMax)
        let words = end.drop { !$0.properties.isWhitespace }
        return String(String.UnicodeScalarView(words.isEmpty ? end : words))
    }
}
