import Testing

@testable import TalkingHead

/// Spectacles without a lower rim, and thin ones, are told by the bridge alone.
struct SpectacleBridgeTests {
    private static func isSeen(yaw: Float = 0, _ change: (inout DrawnEyes) -> Void) -> Bool {
        var eyes = DrawnEyes(yaw: yaw)
        change(&eyes)
        return SpectacleBridge(eyes.image, eyes.points).isSeen
    }

    private static let frames: [Point3] = [
        Point3(30, 30, 35), Point3(110, 108, 112), Point3(250, 248, 245),
    ]

    @Test(arguments: frames, [0.12, 0.3, 0.6] as [Float])
    func `Half rims are seen, thin or thick, dark or bright`(colour: Point3, thickness: Float) {
        for height: Float in [0.1, 0.4] {
            #expect(
                Self.isSeen { $0.addHalfRims(colour, thickness: thickness, height: height) },
                "\(height)")
        }
    }

    @Test(arguments: [-0.5, -0.25, 0.25, 0.5] as [Float])
    func `Half rims of a face that looks aside are seen`(yaw: Float) {
        #expect(
            Self.isSeen(yaw: yaw) {
                $0.addHalfRims(Self.frames[0], thickness: 0.25, height: 0.3)
            })
        #expect(!Self.isSeen(yaw: yaw) { _ in })
    }

    @Test(arguments: frames, [0.15, 0.35] as [Float])
    func `A bridge that goes on down to its pads is seen`(colour: Point3, thickness: Float) {
        #expect(
            Self.isSeen {
                $0.addHalfRims(colour, thickness: thickness, height: 0.3, hasPads: true)
            })
    }

    @Test
    func `Whoever draws the eyes is told`() {
        var eyes = DrawnEyes()
        #expect(!eyes.layers().areBehindSpectacles)
        eyes.addHalfRims(Self.frames[0], thickness: 0.25, height: 0.3)
        #expect(eyes.layers().areBehindSpectacles)
    }

    @Test
    func `Bars over the eyes without a bridge are none`() {
        #expect(
            !Self.isSeen {
                $0.addHalfRims(Self.frames[0], thickness: 0.25, height: 0.3, hasBridge: false)
            })
    }

    @Test
    func `A band over the nose that ends at the eyes is none`() {
        var eyes = DrawnEyes()
        eyes.addSocketShadow()
        let bridge = SpectacleBridge(eyes.image, eyes.points)
        #expect(bridge.crossesNose && !bridge.hasSide && !bridge.isSeen)
    }

    @Test
    func `Shade with soft edges and brows that meet are none`() {
        func crosses(_ height: Float, softness: Float) -> Bool {
            var eyes = DrawnEyes()
            eyes.addBand(
                DrawnEyes.skin * 0.6, below: -height, thickness: 0.4, softness: softness)
            return SpectacleBridge(eyes.image, eyes.points).crossesNose
        }
        #expect(crosses(0, softness: 1))
        #expect(!crosses(0, softness: 60))
        #expect(!crosses(2.6, softness: 1))
    }

    @Test
    func `A face of one colour, and one of no size, have none`() {
        var eyes = DrawnEyes()
        eyes.overexpose()
        #expect(!SpectacleBridge(eyes.image, eyes.points).isSeen)
        let nowhere = [Point2](repeating: Point2(), count: Landmark.countWithIrises)
        #expect(!SpectacleBridge(eyes.image, nowhere).isSeen)
    }
}
