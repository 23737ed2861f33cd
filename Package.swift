// swift-tools-version: 6.2
import PackageDescription

// `scripts/setup` fills `.deps`. The paths are absolute at plan time, so that plain `swift build`,
// `swift test` and the language server work without any environment. Unsafe flags are allowed
// because this is a root package; nobody depends on it.
let deps = Context.packageDirectory + "/.deps"

/// Header folders of the system-library targets: every target that imports one, also through
/// another module, needs them.
let headers = ["whisper", "onnxruntime", "ffmpeg", "lcms", "curl"].flatMap {
    ["-Xcc", "-I\(deps)/include/\($0)"]
}

/// A warning of our own targets is an error. Among them: a float becomes an integer by
/// `Int(bounded:)` only, as EngineAPI marks the standard library's own conversions, which stop the
/// process for NaN.
let checked: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .error),
    // A section a function: the linker leaves out what nobody calls, and folds what is the same.
    .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

let standard: [SwiftSetting] = checked + [.unsafeFlags(headers)]

/// Targets without C may not use unsafe memory unmarked.
let pure: [SwiftSetting] = checked + [.strictMemorySafety()]

/// Optimised in debug builds too: their inner loops run a hundred times slower without. So do those
/// of tests that look at every pixel, sample or byte.
let numeric: [SwiftSetting] = standard + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Small rather than quick: what runs once a start or once a request.
let compact: [SwiftSetting] =
    standard + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Archives by name (-l:x.a): with -lx the linker would take a shared library of the system.
let archives = [
    "avformat", "avcodec", "swscale", "swresample", "avutil", "mp3lame", "opus", "vpx",
    "openh264", "lcms2",
]

/// Run paths: ../lib when installed, .deps when run from the build folder.
let link: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-L\(deps)/lib"] + archives.map { "-l:lib\($0).a" }),
    .linkedLibrary("stdc++"), .linkedLibrary("m"), .linkedLibrary("z"),
    .unsafeFlags([
        "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
        "-Xlinker", "-rpath", "-Xlinker", "\(deps)/lib",
    ]),
]

/// The executable only: with a static runtime `swift test -c release` finds no -lTesting.
let release: [LinkerSetting] = [
    .unsafeFlags(
        // pack-relative-relocs, not --pack-dyn-relocs=relr: glibc refuses the latter's output.
        [
            // FoundationEssentials needs these two, and does not name them when linked statically.
            "-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims",
            "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all",
            // SwiftPM exports every symbol for the sake of plug-ins; then nothing could be left out.
            "-Xlinker", "--no-export-dynamic",
            "-Xlinker", "-s", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
        ],
        .when(configuration: .release))
]

let package = Package(
    name: "avatar-backend",
    products: [.executable(name: "avatar-backend", targets: ["avatar-backend"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        .target(name: "CLinux", cSettings: [.treatAllWarnings(as: .error)]),
        .systemLibrary(name: "CWhisper"),
        .target(
            name: "CWhisperShim",
            cxxSettings: [
                .treatAllWarnings(as: .error), .unsafeFlags(["-I\(deps)/include/whisper"]),
            ]),
        .systemLibrary(name: "COnnxRuntime"),
        .systemLibrary(name: "CFFmpeg"),
        .systemLibrary(name: "CLittleCMS"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CCurl"),

        .target(name: "EngineAPI", swiftSettings: pure),
        .target(name: "HTTPWire", swiftSettings: pure),
        .target(
            name: "Hashing",
            // As `numeric`: its inner loop is a hundred times slower without.
            swiftSettings: pure + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        .target(name: "SignalProcessing", swiftSettings: numeric),
        .target(name: "Execution", dependencies: ["EngineAPI", "CLinux"], swiftSettings: standard),
        .target(
            name: "Inference",
            dependencies: [
                "Hashing", "EngineAPI", "Execution", "CLinux", "COnnxRuntime", "CWhisper",
                "CWhisperShim",
            ],
            swiftSettings: standard),
        .target(
            name: "Media",
            dependencies: ["EngineAPI", "Execution", "CLinux", "CFFmpeg", "CLittleCMS"],
            swiftSettings: numeric),
        .target(
            name: "Transcription",
            dependencies: [
                "EngineAPI", "Execution", "Inference", "SignalProcessing", "CLinux", "CWhisper",
                "CWhisperShim",
            ],
            swiftSettings: numeric),
        .target(
            name: "Speech",
            dependencies: ["EngineAPI", "Execution", "Inference", "SignalProcessing", "CLinux"],
            swiftSettings: numeric),
        .target(
            name: "TalkingHead", dependencies: ["EngineAPI", "Execution", "Inference", "Media"],
            swiftSettings: numeric),
        .target(
            name: "HTTPServer",
            dependencies: ["EngineAPI", "HTTPWire", "Execution", "CLinux", "CZlib"],
            // A loop's objects belong to its one thread, so that the run-time check of each access
            // can find nothing in a release; debug builds and tests keep it.
            swiftSettings: standard + [
                .unsafeFlags(
                    ["-enforce-exclusivity=unchecked"], .when(configuration: .release))
            ]),
        .target(
            name: "HTTPClient", dependencies: ["EngineAPI", "Execution", "CLinux", "CCurl"],
            swiftSettings: compact),
        .target(
            name: "LambdaClient", dependencies: ["EngineAPI", "HTTPWire", "Execution", "CLinux"],
            swiftSettings: compact),
        .target(
            name: "CommandLineSupport",
            dependencies: ["EngineAPI", "HTTPWire", "Execution", "CLinux"],
            swiftSettings: compact),
        .target(
            name: "ModelStore", dependencies: ["Hashing", "EngineAPI", "Execution", "HTTPClient"],
            swiftSettings: compact),
        .target(
            name: "Service",
            dependencies: [
                "Hashing", "EngineAPI", "HTTPWire", "Execution",
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [
                "page.html", "style.css", "core.js", "audio.js", "tools.js", "face.js", "talk.js",
                "worklets.js", "portrait.webp",
                "docs.html", "docs.css",
            ].map { .embedInCode("Page/\($0)") },
            swiftSettings: compact),
        .executableTarget(
            name: "avatar-backend",
            dependencies: [
                "Service", "HTTPServer", "LambdaClient", "HTTPClient", "Transcription", "Speech",
                "TalkingHead", "CommandLineSupport", "ModelStore",
                "Media", "Inference", "Execution", "EngineAPI", "HTTPWire", "CLinux",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: compact, linkerSettings: link + release),

        .testTarget(name: "SourceRuleTests", swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "EngineAPITests", dependencies: ["EngineAPI"], swiftSettings: standard,
            linkerSettings: link),
        .testTarget(
            name: "HTTPWireTests", dependencies: ["EngineAPI", "HTTPWire"], exclude: ["Corpus"],
            swiftSettings: numeric,
            linkerSettings: link),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "HTTPWire", "EngineAPI", "Execution", "CLinux"],
            swiftSettings: numeric, linkerSettings: link),
        .testTarget(
            name: "HTTPClientTests", dependencies: ["HTTPClient", "EngineAPI"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "LambdaClientTests", dependencies: ["LambdaClient", "HTTPWire", "Execution"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "SignalProcessingTests", dependencies: ["SignalProcessing"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "ExecutionTests", dependencies: ["Execution", "EngineAPI", "CLinux"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "InferenceTests", dependencies: ["Inference", "EngineAPI", "Execution"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "CommandLineSupportTests",
            dependencies: ["CommandLineSupport", "EngineAPI", "HTTPWire"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "ModelStoreTests", dependencies: ["ModelStore", "Hashing"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Service", "Hashing", "EngineAPI", "Execution", "HTTPWire",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "TranscriptionTests",
            dependencies: ["Transcription", "EngineAPI", "Execution", "Inference"],
            swiftSettings: numeric, linkerSettings: link),
        .testTarget(
            name: "MediaTests", dependencies: ["Media", "EngineAPI"], swiftSettings: numeric,
            linkerSettings: link),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Transcription", "Speech", "TalkingHead", "Media", "Inference"],
            swiftSettings: standard, linkerSettings: link),
        .testTarget(
            name: "SpeechTests",
            dependencies: ["Speech", "EngineAPI", "Media", "Execution", "Inference"],
            exclude: ["Reference", "Networks", "Voices/Bark/Networks"], swiftSettings: numeric,
            linkerSettings: link),
        .testTarget(
            name: "TalkingHeadTests",
            dependencies: ["TalkingHead", "EngineAPI", "Media", "Inference", "Execution"],
            exclude: ["Speech", "SadTalker/Networks", "Enhancement/Networks"],
            swiftSettings: numeric, linkerSettings: link),
    ]
)
