import EngineAPI

/// Colours as CSS writes them (CSS Color Module Level 4, §4 to §7): names, hexadecimal digits,
/// rgb() and hsl(), opaque ones only: a video has nothing behind it.
enum CSSColour {
    /// What the API's description says; blanks, alphas of 1 and parts in per cent go too.
    static let pattern =
        #"^(keep|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|rgb\([0-9]{1,3},[0-9]{1,3},[0-9]{1,3}\)"#
        + #"|hsl\([0-9]{1,3},[0-9]{1,3}%,[0-9]{1,3}%\)|"#
        + names.keys.sorted().joined(separator: "|") + ")?$"

    static func parse(_ text: String) -> AnimationOptions.Colour? {
        let word = text.trimmingBlanks().lowercased()
        guard word.utf8.count <= 64 else { return nil }
        if word.hasPrefix("#") { return hexadecimal(word.dropFirst()) }
        if let open = word.firstIndex(of: "("), word.hasSuffix(")") {
            let parts = word[word.index(after: open)...].dropLast()
                .split { $0 == "," || $0 == " " || $0 == "/" }
            switch word[..<open] {
            case "rgb", "rgba": return rgb(parts)
            case "hsl", "hsla": return hsl(parts)
            default: return nil
            }
        }
        return names[word].map(colour)
    }

    private static func colour(_ number: UInt32) -> AnimationOptions.Colour {
        AnimationOptions.Colour(
            red: UInt8(number >> 16 & 255), green: UInt8(number >> 8 & 255),
            blue: UInt8(number & 255))
    }

    /// Three, four, six or eight digits; of an alpha only the highest.
    private static func hexadecimal(_ digits: Substring) -> AnimationOptions.Colour? {
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "f") }),
            var number = UInt32(digits, radix: 16)
        else { return nil }
        let short = digits.count == 3 || digits.count == 4
        if digits.count == 4 || digits.count == 8 {
            let opaque: UInt32 = short ? 0xF : 0xFF
            guard number & opaque == opaque else { return nil }
            number >>= short ? 4 : 8
        } else if digits.count != 3 && digits.count != 6 {
            return nil
        }
        guard short else { return colour(number) }
        let nibbles = [number >> 8 & 15, number >> 4 & 15, number & 15]
        return colour(nibbles.reduce(0) { $0 << 8 | $1 * 17 })
    }

    /// Three numbers of 0…255 or per cent, and an alpha of 1.
    private static func rgb(_ parts: [Substring]) -> AnimationOptions.Colour? {
        guard isOpaque(parts) else { return nil }
        var number: UInt32 = 0
        for part in parts.prefix(3) {
            let isPart = part.hasSuffix("%")
            guard let value = amount(isPart ? part.dropLast() : part) else { return nil }
            let whole = (isPart ? value * 255 / 100 : value).rounded()
            number = number << 8 | UInt32(bounded: min(whole, 255))
        }
        return colour(number)
    }

    /// A hue in degrees, saturation and lightness in per cent, and an alpha of 1.
    private static func hsl(_ parts: [Substring]) -> AnimationOptions.Colour? {
        guard isOpaque(parts),
            let hue = amount(parts[0].hasSuffix("deg") ? parts[0].dropLast(3) : parts[0]),
            parts[1].hasSuffix("%"), let saturation = amount(parts[1].dropLast()),
            parts[2].hasSuffix("%"), let lightness = amount(parts[2].dropLast())
        else { return nil }
        let light = min(lightness, 100) / 100
        let reach = min(saturation, 100) / 100 * min(light, 1 - light)
        func channel(_ n: Double) -> UInt8 {
            let k = (n + hue / 30).truncatingRemainder(dividingBy: 12)
            return UInt8(bounded: (255 * (light - reach * max(-1, min(k - 3, 9 - k, 1)))).rounded())
        }
        return AnimationOptions.Colour(red: channel(0), green: channel(8), blue: channel(4))
    }

    private static func isOpaque(_ parts: [Substring]) -> Bool {
        parts.count == 3 || parts.count == 4 && ["1", "1.0", "100%"].contains(parts[3])
    }

    /// Digits with a point or without; no signs, powers or words.
    private static func amount(_ text: Substring) -> Double? {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        guard isPlain, (1...9).contains(text.utf8.count) else { return nil }
        return Double(text)
    }
}

extension CSSColour {
    /// The named colours of CSS, 148 of them.
    fileprivate static let names: [String: UInt32] = {
        let words = table.split { $0.isWhitespace }
        var names: [String: UInt32] = [:]
        for at in stride(from: 0, to: words.count, by: 2) {
            names[String(words[at])] = UInt32(words[at + 1], radix: 16)
        }
        return names
    }()

    private static let table = """
        aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc
        bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a
        burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50
        cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b
        darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9
        darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00
        darkorchid 9932cc darkred 8b0000 darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b
        darkslategray 2f4f4f darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3
        deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff
        firebrick b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc
        ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f
        grey 808080 honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0
        khaki f0e68c lavender e6e6fa lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd
        lightblue add8e6 lightcoral f08080 lightcyan e0ffff lightgoldenrodyellow fafad2
        lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 lightsalmon ffa07a
        lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899
        lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6
        magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3
        mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a
        mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970 mintcream f5fffa
        mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000
        olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa
        palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip ffefd5
        peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080
        rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1 saddlebrown 8b4513
        salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0
        skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa
        springgreen 00ff7f steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347
        turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00
        yellowgreen 9acd32
        """
}
