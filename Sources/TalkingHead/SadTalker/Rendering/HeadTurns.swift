import EngineAPI

/// The head's angles where a request says them, frame by frame; an axis without any is the
/// network's.
struct HeadTurns: Sendable {
    private let (yaw, pitch, roll): ([Double], [Double], [Double])

    init(_ path: AnimationOptions.HeadPath, frames: Int) {
        yaw = Self.degrees(path.yaw, frames: frames)
        pitch = Self.degrees(path.pitch, frames: frames)
        roll = Self.degrees(path.roll, frames: frames)
    }

    func apply(to pose: inout FacePose, frame: Int) {
        if !yaw.isEmpty { pose.yaw = yaw[frame] }
        if !pitch.isEmpty { pose.pitch = pitch[frame] }
        if !roll.isEmpty { pose.roll = roll[frame] }
    }

    /// Through the stations at an even pace, from the first frame to the last; one value a frame.
    static func degrees(_ stations: [Double], frames: Int) -> [Double] {
        guard let last = stations.last else { return [] }
        let legs = zip(stations, stations.dropFirst()).map { abs($1 - $0) }
        let pace = legs.reduce(0, +) / Double(max(frames - 1, 1))
        var (leg, passed) = (0, 0.0)
        return (0..<frames).map { frame in
            let way = Double(frame) * pace
            while leg < legs.count, way > passed + legs[leg] {
                passed += legs[leg]
                leg += 1
            }
            guard leg < legs.count else { return last }
            guard legs[leg] > 0 else { return stations[leg] }
            let part = (way - passed) / legs[leg]
            return stations[leg] * (1 - part) + stations[leg + 1] * part
        }
    }
}
