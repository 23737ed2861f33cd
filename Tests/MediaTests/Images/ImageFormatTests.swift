import EngineAPI
import FoundationEssentials
import Testing

@testable import Media

/// Images of 16 × 8 pixels in the ways that cameras and programs write them: red, green, blue and
/// near white, a quarter each.
@Suite struct ImageFormatTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        /// The quarters' colours as they are to be read; nil is their grey.
        var colours: [[Int]]?
        let base64: String
        var testDescription: String { name }
    }

    private static let rgb = [[250, 20, 20], [20, 250, 20], [20, 20, 250], [240, 240, 240]]
    private static let grey = [[89, 89, 89], [155, 155, 155], [46, 46, 46], [240, 240, 240]]
    /// The left half is clear and lies over white.
    private static let clearLeft = [
        [255, 255, 255], [155, 155, 155], [255, 255, 255], [240, 240, 240],
    ]
    /// The lower half is half clear.
    private static let clearBelow = [
        [250, 20, 20], [20, 250, 20], [137, 137, 252], [247, 247, 247],
    ]
    private static let blackAndWhite = [[-1], [-1], [0, 0, 0], [255, 255, 255]]

    @Test("images of every kind are read upright and in their colours", arguments: kinds)
    func reads(_ kind: Kind) async throws {
        let bytes = try #require(Data(base64Encoded: kind.base64))
        let image = try await FFmpegCodec(threads: 1).decodeImage(
            Array(bytes), sideMax: 64, work: WorkContext(within: .seconds(300)))
        #expect(image.width == 16 && image.height == 8)
        for (index, wanted) in (kind.colours ?? Self.rgb).enumerated() where wanted.count == 3 {
            let at = ((index / 2 * 4 + 2) * 16 + index % 2 * 8 + 4) * 3
            let seen = image.rgb[at..<at + 3].map(Int.init)
            let isNear = zip(seen, wanted).allSatisfy { abs($0 - $1) <= 8 }
            #expect(isNear, "quarter \(index): \(seen), not \(wanted)")
        }
    }

    @Test("a JPEG that is too large by four at most is made smaller while it is decoded")
    func reducesPhotographs() async throws {
        let codec = FFmpegCodec(threads: 1)
        var seen = 0
        for kind in Self.kinds {
            let bytes = try #require(Data(base64Encoded: kind.base64)).map { $0 }
            let isJPEG = bytes.starts(with: [0xFF, 0xD8])
            for (sideMax, reduction) in [(16, 1), (8, 2), (4, 4)] where isJPEG || sideMax == 16 {
                let image = try await codec.decodeImage(
                    bytes, sideMax: sideMax, work: WorkContext(within: .seconds(300)))
                #expect(image.reduction == reduction)
                #expect(image.width == 16 / reduction && image.height == 8 / reduction)
                for (index, wanted) in (kind.colours ?? Self.rgb).enumerated()
                where wanted.count == 3 {
                    let (x, y) = (index % 2 * 2 + 1, index / 2 * 2 + 1)
                    let place = (y * 2 / reduction * image.width + x * 4 / reduction) * 3
                    let colour = image.rgb[place..<place + 3].map(Int.init)
                    let isNear = zip(colour, wanted).allSatisfy { abs($0 - $1) <= 40 }
                    #expect(isNear, "\(kind.name) / \(reduction), quarter \(index): \(colour)")
                }
                seen += isJPEG ? 1 : 0
            }
            await #expect(throws: EngineError.self) {
                try await codec.decodeImage(
                    bytes, sideMax: isJPEG ? 3 : 15, work: WorkContext(within: .seconds(300)))
            }
        }
        #expect(seen >= 6)
    }

    @Test("a damaged eXIf chunk turns nothing and reads nothing beyond itself")
    func damagedOrientation() throws {
        let png = try #require(Data(base64Encoded: Self.kinds[1].base64)).map { $0 }
        #expect(PNGOrientation.read(png) == 6)
        for count in png.indices { _ = PNGOrientation.read(Array(png.prefix(count))) }
        let chunk = try #require(
            png.indices.dropLast(3).first { png[$0..<$0 + 4].elementsEqual("eXIf".utf8) })
        for place in chunk - 4..<min(chunk + 40, png.count) {
            for value in [0, 1, 127, 255] as [UInt8] {
                var broken = png
                broken[place] = value
                #expect((1...8).contains(PNGOrientation.read(broken)))
            }
        }
    }

    private static let kinds: [Kind] = [
        Kind(
            name: "JPEG with EXIF orientation 6", colours: rgb,
            base64: """
                /9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBD\
                AAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsK\
                DAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK\
                CgoKCgoKCgoKCgoKCgr/wAARCAAQAAgDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQF\
                BgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAk\
                M2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWG\
                h4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx\
                8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQA\
                AQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5\
                OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmq\
                srO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD9\
                Fv8AgmX/AMzt/wBw3/26r+Z/o6/8zP8A7g/+5T+P/oo/8zj/ALl//c5/Pv8AtOf8wT/t5/8AaVf6Yfs6\
                P+an/wC5L/3bP9gPp5/807/3N/8Auqf/2Q==
                """),
        Kind(
            name: "PNG with eXIf orientation 6", colours: rgb,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAAAgAAAAQCAIAAACk6KkqAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEA\
                BgAAAAAAANZnS2kAAAAnSURBVHicYxT5JcIAA3e+3YGzmRhwgMEpwfJMCsGRYuAaHK4iXQIAytAFFn7h\
                LFQAAAAASUVORK5CYII=
                """),
        Kind(
            name: "WebP with EXIF orientation 6", colours: rgb,
            base64: """
                UklGRnYAAABXRUJQVlA4WAoAAAAIAAAABwAADwAAVlA4TDUAAAAvB8ADAB8gJCBOSP7Pkm0SEhBG+D/P\
                BFlIQNjh/yxLpPkP/MjQAWG20SQneZL3nEJE/8PXKABFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAG\
                AAAAAAAA
                """),
        Kind(
            name: "CMYK JPEG", colours: rgb,
            base64: """
                /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJ\
                CAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEB\
                AQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQci\
                cRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm\
                Z2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV\
                1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDc/wCI0L/rG1/5mL/7z1+J9bn/\
                ABBe/wDWSX/zDv8A9+K/fysv/iDi/wCsjH/mIf8A771/cJ/wkn/Tl/5E/wDrVl/8QcX/AFkY/wDMQ/8A\
                33or/9k=
                """),
        Kind(
            name: "grey JPEG", colours: grey,
            base64: """
                /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYG\
                BwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAIABABAREA/8QAHwAAAQUBAQEBAQEAAAAA\
                AAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEI\
                I0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1\
                dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi\
                4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APg3/hpz/qSP/Kl/9rr+gj/h2X/1Wz/y2/8A7pr/2Q==
                """),
        Kind(
            name: "grey PNG", colours: grey,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAAAAADVHSBLAAAAHElEQVR4nGOMZIAAJyjNxIAGCAsw6kEZ\
                h8g3AwCM8QGaQmwdIgAAAABJRU5ErkJggg==
                """),
        Kind(
            name: "grey PNG with alpha", colours: clearLeft,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAQAAABaf7ccAAAAHklEQVR4nGOMZEAFTv9R+UwMBADlChj1\
                0AQO0d8NAHlHA5iPi2+2AAAAAElFTkSuQmCC
                """),
        Kind(
            name: "16-bit grey PNG", colours: grey,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAIEAAAAACFjfwIAAAAIUlEQVR4nGOMjGRAAU5OqHwmBgKAcgWM\
                enqoAocO0d0NABrxAyXoFu5qAAAAAElFTkSuQmCC
                """),
        Kind(
            name: "16-bit PNG", colours: rgb,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAIEAIAAAAvhDSDAAAAIklEQVR4nGP49UsECIgnSVELIhlGLSBo\
                AalaPpAIRi0gCAAL+Y2Qtag54gAAAABJRU5ErkJggg==
                """),
        Kind(
            name: "PNG with alpha", colours: clearBelow,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAALklEQVR4nGP8JSLynwEPkHqGT5aBgQm/\
                NGEw8AawSDE8a8Sn4M63b7R1wcAbAAA/WAd85IjUXgAAAABJRU5ErkJggg==
                """),
        Kind(
            name: "WebP with alpha", colours: clearBelow,
            base64: """
                UklGRkgAAABXRUJQVlA4TDsAAAAvD8ABEB8gECB0+M9SokRIQJyQ/J8l2yEkIIzwf54JsoCg6LrlYtyB\
                VQNhttEkJznJ+x1DRP9D4df2AQA=
                """),
        Kind(
            name: "GIF", colours: rgb,
            base64: """
                R0lGODdhEAAIAIEAAPDw8BT6FPoUFBQU+iwAAAAAEAAIAAAIMAAFCBwoMIDBgwYJEkSIUOFAhgcdFoQY\
                YIDFixYBaNyoESNGjhw9XgS5UWRGkgACAgA7
                """),
        Kind(
            name: "PNG with a palette", colours: rgb,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAIAgMAAACNGJcEAAAADFBMVEXw8PAU+hT6FBQUFPpyBp1bAAAA\
                GUlEQVR4nGNcxbCagYmBgQGJYPj/nwFdDABYuANhmysX2gAAAABJRU5ErkJggg==
                """),
        Kind(
            name: "1-bit PNG", colours: blackAndWhite,
            base64: """
                iVBORw0KGgoAAAANSUhEUgAAABAAAAAIAQAAAADYDUI6AAAAIElEQVR4nGNQuc04SZppmwajqgcDw3+m\
                IAYGhv9MQgwASNkFYlBMjE8AAAAASUVORK5CYII=
                """),
    ]
}
