import Glibc

/// Eight frames at once: lane f of every vector belongs to frame f, so no pass ever shuffles,
/// and a spectrogram stored bins × frames (as the acoustic model gives it) loads and stores whole.
package typealias Lanes = SIMD8<Float>

/// Complex transform of mixed radix (2, 3, 4, 5), Stockham's autosort, over eight lanes. FFmpeg's
/// has no fast one of the vocoder's 600 values: `scripts/bench/fft` measures both.
/// Used by one thread at a time: it keeps its work space.
package final class SIMDFFT {
    /// Values of a transform.
    package let count: Int
    private let radices: [Int]
    /// Per pass: for each p, the r − 1 factors e^(−2πi·p·k/n), as cos, sin pairs.
    private let twiddles: UnsafeMutablePointer<Float>
    private let work: UnsafeMutablePointer<Lanes>

    /// - count: a product of 2, 3 and 5.
    package init(count: Int) {
        self.count = count
        var radices: [Int] = []
        var rest = count
        for r in [4, 2, 3, 5] {
            while rest % r == 0 {
                radices.append(r)
                rest /= r
            }
        }
        precondition(rest == 1, "only factors 2, 3 and 5")
        self.radices = radices
        var table: [Float] = []
        var n = count
        for r in radices {
            let m = n / r
            for p in 0..<m {
                for k in 1..<r {
                    let angle = -2 * Double.pi * Double(p * k) / Double(n)
                    table.append(Float(cos(angle)))
                    table.append(Float(sin(angle)))
                }
            }
            n = m
        }
        twiddles = .allocate(capacity: table.count)
        twiddles.initialize(from: table, count: table.count)
        work = .allocate(capacity: 2 * count)
        work.initialize(repeating: Lanes(), count: 2 * count)
    }

    deinit {
        twiddles.deallocate()
        work.deallocate()
    }

    /// In place, unscaled. The inverse is the same call with `re` and `im` exchanged.
    package func transform(
        _ re: UnsafeMutablePointer<Lanes>, _ im: UnsafeMutablePointer<Lanes>
    ) {
        var (xr, xi, yr, yi) = (re, im, work, work + count)
        var (n, s) = (count, 1)
        var w = UnsafePointer(twiddles)
        for r in radices {
            let m = n / r
            switch r {
            case 2: pass2(xr, xi, yr, yi, m, s, w)
            case 3: pass3(xr, xi, yr, yi, m, s, w)
            case 4: pass4(xr, xi, yr, yi, m, s, w)
            default: pass5(xr, xi, yr, yi, m, s, w)
            }
            w += m * (r - 1) * 2
            (n, s) = (m, s * r)
            swap(&xr, &yr)
            swap(&xi, &yi)
        }
        if xr != re {
            re.update(from: xr, count: count)
            im.update(from: xi, count: count)
        }
    }
}

private typealias Out = UnsafeMutablePointer<Lanes>
private typealias Factors = UnsafePointer<Float>

@inline(__always)
private func store(
    _ yr: Out, _ yi: Out, _ at: Int, _ br: Lanes, _ bi: Lanes, _ c: Float, _ s: Float
) {
    yr[at] = br * c - bi * s
    yi[at] = br * s + bi * c
}

private func pass2(_ xr: Out, _ xi: Out, _ yr: Out, _ yi: Out, _ m: Int, _ s: Int, _ w: Factors) {
    for p in 0..<m {
        let (c, d) = (w[2 * p], w[2 * p + 1])
        for q in 0..<s {
            let (i, j, o) = (q + s * p, q + s * (p + m), q + s * 2 * p)
            let (ar, ai, br, bi) = (xr[i], xi[i], xr[j], xi[j])
            yr[o] = ar + br
            yi[o] = ai + bi
            store(yr, yi, o + s, ar - br, ai - bi, c, d)
        }
    }
}

private func pass3(_ xr: Out, _ xi: Out, _ yr: Out, _ yi: Out, _ m: Int, _ s: Int, _ w: Factors) {
    let h: Float = 0.8660254037844386
    for p in 0..<m {
        let f = w + 4 * p
        for q in 0..<s {
            let (i, o) = (q + s * p, q + s * 3 * p)
            let (ar, ai) = (xr[i], xi[i])
            let (br, bi) = (xr[i + s * m], xi[i + s * m])
            let (cr, ci) = (xr[i + 2 * s * m], xi[i + 2 * s * m])
            let (tr, ti) = (br + cr, bi + ci)
            let (ur, ui) = ((bi - ci) * h, (cr - br) * h)
            let (vr, vi) = (ar - 0.5 * tr, ai - 0.5 * ti)
            yr[o] = ar + tr
            yi[o] = ai + ti
            store(yr, yi, o + s, vr + ur, vi + ui, f[0], f[1])
            store(yr, yi, o + 2 * s, vr - ur, vi - ui, f[2], f[3])
        }
    }
}

private func pass4(_ xr: Out, _ xi: Out, _ yr: Out, _ yi: Out, _ m: Int, _ s: Int, _ w: Factors) {
    for p in 0..<m {
        let f = w + 6 * p
        for q in 0..<s {
            let (i, o, sm) = (q + s * p, q + s * 4 * p, s * m)
            let (ar, ai) = (xr[i], xi[i])
            let (br, bi) = (xr[i + sm], xi[i + sm])
            let (cr, ci) = (xr[i + 2 * sm], xi[i + 2 * sm])
            let (dr, di) = (xr[i + 3 * sm], xi[i + 3 * sm])
            let (pr, pi, qr, qi) = (ar + cr, ai + ci, ar - cr, ai - ci)
            let (tr, ti, ur, ui) = (br + dr, bi + di, br - dr, bi - di)
            yr[o] = pr + tr
            yi[o] = pi + ti
            store(yr, yi, o + s, qr + ui, qi - ur, f[0], f[1])
            store(yr, yi, o + 2 * s, pr - tr, pi - ti, f[2], f[3])
            store(yr, yi, o + 3 * s, qr - ui, qi + ur, f[4], f[5])
        }
    }
}

private func pass5(_ xr: Out, _ xi: Out, _ yr: Out, _ yi: Out, _ m: Int, _ s: Int, _ w: Factors) {
    let (c1, c2): (Float, Float) = (0.30901699437494745, -0.8090169943749475)
    let (s1, s2): (Float, Float) = (0.9510565162951535, 0.5877852522924731)
    for p in 0..<m {
        let f = w + 8 * p
        for q in 0..<s {
            let (i, o, sm) = (q + s * p, q + s * 5 * p, s * m)
            let (ar, ai) = (xr[i], xi[i])
            let (br, bi) = (xr[i + sm], xi[i + sm])
            let (cr, ci) = (xr[i + 2 * sm], xi[i + 2 * sm])
            let (dr, di) = (xr[i + 3 * sm], xi[i + 3 * sm])
            let (er, ei) = (xr[i + 4 * sm], xi[i + 4 * sm])
            let (pr, pi, tr, ti) = (br + er, bi + ei, br - er, bi - ei)
            let (qr, qi, ur, ui) = (cr + dr, ci + di, cr - dr, ci - di)
            yr[o] = ar + pr + qr
            yi[o] = ai + pi + qi
            let (er1, ei1) = (ar + pr * c1 + qr * c2, ai + pi * c1 + qi * c2)
            let (er2, ei2) = (ar + pr * c2 + qr * c1, ai + pi * c2 + qi * c1)
            let (or1, oi1) = (tr * s1 + ur * s2, ti * s1 + ui * s2)
            let (or2, oi2) = (tr * s2 - ur * s1, ti * s2 - ui * s1)
            store(yr, yi, o + s, er1 + oi1, ei1 - or1, f[0], f[1])
            store(yr, yi, o + 2 * s, er2 + oi2, ei2 - or2, f[2], f[3])
            store(yr, yi, o + 3 * s, er2 - oi2, ei2 + or2, f[4], f[5])
            store(yr, yi, o + 4 * s, er1 - oi1, ei1 + or1, f[6], f[7])
        }
    }
}
