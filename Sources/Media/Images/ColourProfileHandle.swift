import CLittleCMS

/// What turns an image's colours, as its ICC profile means them, into sRGB's. One thread at a time.
struct ColourProfileHandle: ~Copyable {
    /// A photograph's profile has some kilobytes, a scanner's tables a megabyte.
    static let bytesMax = 4 << 20
    /// What nobody sees: most images that bear a profile bear sRGB's own.
    private static let leastChange = 2

    private let transform: cmsHTRANSFORM

    /// nil where there is nothing to be done: what is no profile of RGB colours that Little CMS
    /// can read, and one whose colours are sRGB's, leaves an image as it is.
    init?(_ profile: UnsafeRawBufferPointer) {
        guard let transform = Self.transform(profile) else { return nil }
        self.transform = transform
    }

    deinit { cmsDeleteTransform(transform) }

    private static func transform(_ profile: UnsafeRawBufferPointer) -> cmsHTRANSFORM? {
        guard let address = profile.baseAddress, (1...bytesMax).contains(profile.count),
            let source = cmsOpenProfileFromMem(address, UInt32(profile.count))
        else { return nil }
        defer { cmsCloseProfile(source) }
        guard cmsGetColorSpace(source) == cmsSigRgbData, let target = cmsCreate_sRGBProfile()
        else { return nil }
        defer { cmsCloseProfile(target) }
        guard
            let made = cmsCreateTransform(
                source, lcms_rgb8, target, lcms_rgb8, UInt32(INTENT_RELATIVE_COLORIMETRIC),
                UInt32(cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION))
        else { return nil }
        guard changesColours(made) else {
            cmsDeleteTransform(made)
            return nil
        }
        return made
    }

    /// Over a few colours of all kinds.
    private static func changesColours(_ transform: cmsHTRANSFORM) -> Bool {
        let steps: [UInt8] = [0, 64, 128, 192, 255]
        let colours = steps.flatMap { r in steps.flatMap { g in steps.flatMap { [r, g, $0] } } }
        var changed = colours
        changed.withUnsafeMutableBufferPointer { convert($0, transform) }
        return zip(colours, changed).contains { abs(Int($0) - Int($1)) > leastChange }
    }

    /// In place.
    /// - rgb: packed, a byte each.
    func convert(_ rgb: UnsafeMutableBufferPointer<UInt8>) { Self.convert(rgb, transform) }

    private static func convert(
        _ rgb: UnsafeMutableBufferPointer<UInt8>, _ transform: cmsHTRANSFORM
    ) {
        guard let address = rgb.baseAddress else { return }
        cmsDoTransform(transform, address, address, UInt32(rgb.count / 3))
    }
}
