import EngineAPI
import Execution

import struct Synchronization.Atomic

/// Reads media in processes that can do nothing else, so that a file which breaks a decoder costs
/// its own request and nobody else's; writes them in this one.
///
/// A request has a process for itself while it reads. Idle ones stay for the next, as many as
/// there are cores; the first is started by the first request, so that a start costs nothing.
package final class IsolatedCodec: MediaCoding {
    private let inProcess: FFmpegCodec
    private let pool: DecodeWorkerPool

    /// - idleMax: processes that stay when they are idle.
    /// - program: what runs `DecodeChild` where it is told to; this program itself.
    /// - tell: on any thread; each event but `.ended` once.
    package init(
        idleMax: Int, program: String = "/proc/self/exe",
        tell: @escaping @Sendable (DecoderEvent) -> Void
    ) {
        inProcess = FFmpegCodec(threads: idleMax)
        pool = DecodeWorkerPool(idleMax: idleMax, program: program, tell: tell)
    }

    package func decodeAudio(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioClip {
        guard
            let reader = try await open(
                bytes, AudioChoice(), sampleRateHz: sampleRateHz, secondsMax: secondsMax,
                work: work)
        else {
            return try await inProcess.decodeAudio(
                bytes, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
        }
        var samples: [Float] = []
        let block = sampleRateHz * 30
        while true {
            let more = try await reader.read(block)
            samples += more
            if more.count < block { break }
        }
        return AudioClip(samples: samples, sampleRateHz: sampleRateHz)
    }

    package func reader(
        _ bytes: [UInt8], choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        if let reader = try await open(
            bytes, choice, sampleRateHz: 16_000, secondsMax: secondsMax, work: work)
        {
            return reader
        }
        return try await inProcess.reader(
            bytes, choice: choice, secondsMax: secondsMax, work: work)
    }

    package func reader(
        _ file: IncomingFile, choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        guard let worker = try await pool.borrow(work) else {
            return try await inProcess.reader(
                file, choice: choice, secondsMax: secondsMax, work: work)
        }
        do throws(EngineError) {
            return try await ProcessReader(
                file, choice, worker, pool, sampleRateHz: 16_000, secondsMax: secondsMax,
                work: work)
        } catch {
            // What can't be read from its beginning may be readable when it is whole.
            switch error {
            case .unreadableAudio, .audioUnheard(.noTrack), .audioUnheard(.noSamples):
                return try await reader(
                    try await file.whole(), choice: choice, secondsMax: secondsMax, work: work)
            default: throw error
            }
        }
    }

    package func audioTrack(
        _ bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioTrack {
        guard
            let reader = try await open(
                bytes, AudioChoice(), sampleRateHz: AudioDecoder.ownRate, secondsMax: secondsMax,
                work: work)
        else {
            return try await inProcess.audioTrack(bytes, secondsMax: secondsMax, work: work)
        }
        return AudioTrack(
            sampleRateHz: AudioDecoder.trackRateHz(reader.sourceRateHz), source: reader)
    }

    package func decodeImage(
        _ bytes: [UInt8], sideMax: Int, work: WorkContext
    ) async throws(EngineError) -> Image {
        guard let worker = try await pool.borrow(work) else {
            return try await inProcess.decodeImage(bytes, sideMax: sideMax, work: work)
        }
        defer { pool.giveBack(worker) }
        return try await worker.image(bytes, sideMax: sideMax, work: work)
    }

    package func videoSource(
        _ bytes: [UInt8], limits: VideoLimits, work: WorkContext
    ) async throws(EngineError) -> any VideoSource {
        guard !hasCompressedMovieHeader(bytes) else { throw .videoUnread(.damaged) }
        guard let worker = try await pool.borrow(work) else {
            return try await inProcess.videoSource(bytes, limits: limits, work: work)
        }
        return try await ProcessVideoSource(bytes, limits, worker, pool, work: work)
    }

    package func encoder(
        _ format: AudioFormat, sampleRateHz: Int
    ) throws(EngineError) -> any AudioEncoding {
        try inProcess.encoder(format, sampleRateHz: sampleRateHz)
    }

    package func videoEncoder(
        _ settings: VideoSettings, work: WorkContext
    ) throws(EngineError) -> any VideoEncoding {
        try inProcess.videoEncoder(settings, work: work)
    }

    package func liveVideoEncoder(
        _ settings: LiveVideoSettings, work: WorkContext
    ) throws(EngineError) -> any LiveVideoEncoding {
        try inProcess.liveVideoEncoder(settings, work: work)
    }

    package func rateConverter(
        fromHz: Int, toHz: Int
    ) throws(EngineError) -> any AudioRateConverting {
        try inProcess.rateConverter(fromHz: fromHz, toHz: toHz)
    }

    /// nil where there are no decoder processes.
    private func open(
        _ bytes: [UInt8], _ choice: AudioChoice, sampleRateHz: Int, secondsMax: Double,
        work: WorkContext
    ) async throws(EngineError) -> ProcessReader? {
        guard !hasCompressedMovieHeader(bytes) else { throw .unreadableAudio }
        guard let worker = try await pool.borrow(work) else { return nil }
        return try await ProcessReader(
            bytes, choice, worker, pool, sampleRateHz: sampleRateHz, secondsMax: secondsMax,
            work: work)
    }
}
