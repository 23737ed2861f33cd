import EngineAPI
import Testing

@testable import Service

@Suite struct CSSColourTests {
    @Test(
        "CSS colours are read",
        arguments: [
            ("#0f8", [0x00, 0xFF, 0x88]), ("#10203f", [0x10, 0x20, 0x3F]),
            ("#10203FFF", [0x10, 0x20, 0x3F]), ("#abcf", [0xAA, 0xBB, 0xCC]),
            ("White", [255, 255, 255]), (" rebeccapurple ", [0x66, 0x33, 0x99]),
            ("yellowgreen", [0x9A, 0xCD, 0x32]), ("rgb(1,2,3)", [1, 2, 3]),
            ("rgb(10% 50% 100% / 1)", [26, 128, 255]), ("rgba(300, 0, 9, 1.0)", [255, 0, 9]),
            ("hsl(120, 100%, 25%)", [0, 128, 0]), ("hsl(210deg 50% 40%)", [51, 102, 153]),
        ])
    func reads(text: String, parts: [UInt8]) {
        let wanted = AnimationOptions.Colour(red: parts[0], green: parts[1], blue: parts[2])
        #expect(CSSColour.parse(text) == wanted)
    }

    @Test(
        "what is no opaque colour is none",
        arguments: [
            "", "#", "#12", "#12345", "#1234567", "#ggg", "#+12", "#1238", "#00000080",
            "transparent", "currentcolor", "rgb(1,2)", "rgb(1,2,3,.5)", "rgb(-1,2,3)",
            "rgb(1e3,2,3)", "rgb(nan,2,3)", "rgb()", "hsl(1,2,3)", "hsl(1,2%)", "lab(1 2 3)",
            "url(http://x)", "rgb(1,2,3", "#é00", "rgb(1..2,3,4)",
        ])
    func refuses(text: String) {
        #expect(CSSColour.parse(text) == nil)
    }
}
