// `Int(_:)` of a float stops the process where the float is no number or too large, and floats come
// from clients, files and networks. So there is one conversion that always has a result, and the
// standard library's are shadowed below: to use one is an error of the build (Package.swift).

extension Int {
    /// What no index, length, time or coordinate of ours reaches; sums and products with small
    /// factors still fit where a float was beyond it.
    package static let boundOfFloats = 1 << 50

    /// The whole part; at most ±2⁵⁰, and 0 where the value is not a number.
    @inlinable @inline(__always)
    package init(bounded value: Double) {
        let bound = 0x1p50
        guard value > -bound, value < bound else {
            self = value >= bound ? 1 << 50 : value <= -bound ? -(1 << 50) : 0
            return
        }
        // The nearest integer is in the lowest bits of the sum (it has no fraction left); then
        // towards zero. Faster than a call of `trunc`, which x86-64 has no instruction for.
        let shift = 0x1.8p52
        let nearest = Int(
            Int64(bitPattern: (value + shift).bitPattern) &- Int64(bitPattern: shift.bitPattern))
        let back = Double(nearest)
        if value >= 0 {
            self = back > value ? nearest &- 1 : nearest
        } else {
            self = back < value ? nearest &+ 1 : nearest
        }
    }

    /// The whole part; at most ±2⁵⁰, and 0 where the value is not a number.
    @inlinable @inline(__always)
    package init(bounded value: Float) { self.init(bounded: Double(value)) }
}

extension FixedWidthInteger {
    /// The whole part; at the type's bounds, or at ±2⁵⁰, where it is beyond them, and 0 where the
    /// value is not a number.
    @inlinable @inline(__always)
    package init(bounded value: Double) { self.init(clamping: Int(bounded: value)) }

    /// The whole part; at the type's bounds, or at ±2⁵⁰, where it is beyond them, and 0 where the
    /// value is not a number.
    @inlinable @inline(__always)
    package init(bounded value: Float) { self.init(clamping: Int(bounded: Double(value))) }
}

extension Int {
    @available(*, deprecated, message: "stops the process for NaN: use Int(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use Int(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension Int8 {
    @available(*, deprecated, message: "stops the process for NaN: use Int8(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use Int8(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension Int16 {
    @available(*, deprecated, message: "stops the process for NaN: use Int16(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use Int16(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension Int32 {
    @available(*, deprecated, message: "stops the process for NaN: use Int32(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use Int32(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension Int64 {
    @available(*, deprecated, message: "stops the process for NaN: use Int64(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use Int64(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension UInt {
    @available(*, deprecated, message: "stops the process for NaN: use UInt(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use UInt(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension UInt8 {
    @available(*, deprecated, message: "stops the process for NaN: use UInt8(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use UInt8(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension UInt16 {
    @available(*, deprecated, message: "stops the process for NaN: use UInt16(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use UInt16(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension UInt32 {
    @available(*, deprecated, message: "stops the process for NaN: use UInt32(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use UInt32(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}

extension UInt64 {
    @available(*, deprecated, message: "stops the process for NaN: use UInt64(bounded:)")
    package init(_ value: Double) { self.init(bounded: value) }

    @available(*, deprecated, message: "stops the process for NaN: use UInt64(bounded:)")
    package init(_ value: Float) { self.init(bounded: value) }
}
