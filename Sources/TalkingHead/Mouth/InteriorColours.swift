/// Colours of what is seen in an open mouth, in the portrait's own light.
struct InteriorColours: Sendable {
    /// Of teeth, where the portrait shows none.
    let enamel: Point3
    let tongue: Point3
    let cavity: Point3
    /// Of the lips' inner side, in their shade.
    let fold: Point3
    /// Brightness of the light, .18…1.05.
    let light: Float

    /// Teeth that catch the light are about as light as the skin beside them; in dark skin they are
    /// lighter, as light as its highlights.
    private static let (enamelPerSkin, enamelPerHighlight): (Float, Float) = (1.14, 0.78)

    private static let foldShade = Point3(0.42, 0.32, 0.32)

    /// The portrait's own may be darker and lighter than the usual by these.
    private static let (leastOwn, mostOwn): (Float, Float) = (0.6, 1.7)

    private static func bounded(_ own: Point3, around usual: Point3) -> Point3 {
        let light = max(usual.luminance, 1)
        let part = min(max(own.luminance / light, leastOwn), mostOwn)
        return own * (part * light / max(own.luminance, 1))
    }

    init(_ colours: FaceColours, _ mouth: PortraitMouth) {
        let lip = mouth.lip
        let top = colours.highlight
        let grey = top.luminance
        light = min(max(grey / 225, 0.18), 1.05)
        // Golden varnish colours teeth, rosy skin does not.
        let kept = 0.45 + 0.35 * smoothStep(0.3, 0.55, FaceColours.saturation(top))
        let white = top * kept + Point3(repeating: grey * (1 - kept))
        let wanted = max(
            Self.enamelPerSkin * colours.skin.luminance, Self.enamelPerHighlight * grey)
        let tone = white * Point3(1, 0.975, 0.93)
        let enamel = tone * (min(max(wanted, 25), 250) / max(tone.luminance, 1))
        self.enamel = colours.tinted(enamel)
        var tongue = Point3(150, 70, 68) * light
        // A drawing keeps its own lips' hue.
        if colours.isFlat { tongue = tongue * 0.5 + lip * 0.4 }
        let cavity = Point3(58, 20, 20) * light
        fold = colours.tinted(lip * Self.foldShade)
        let own = mouth.inside
        self.tongue = colours.tinted(own.map { Self.bounded($0.flesh, around: tongue) } ?? tongue)
        self.cavity = colours.tinted(own.map { Self.bounded($0.dark, around: cavity) } ?? cavity)
    }
}
