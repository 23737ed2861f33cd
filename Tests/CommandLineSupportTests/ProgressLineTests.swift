import Testing

@testable import CommandLineSupport

@Suite struct ProgressLineTests {
    private func line(
        done: Int, of total: Int?, unit: String, seconds: Double, before: Int = 0
    ) -> ProgressLine {
        var line = ProgressLine(label: "animate")
        (line.done, line.total, line.unit) = (done, total, unit)
        (line.seconds, line.countedSeconds, line.doneBefore) = (seconds + 1, seconds, before)
        return line
    }

    @Test("a known total gives a bar, a share, a rate and the time left")
    func known() {
        #expect(
            line(done: 50, of: 200, unit: "frames", seconds: 5).text(columns: 87)
                == "animate  [" + String(repeating: "=", count: 7)
                + String(repeating: " ", count: 23) + "]  25 %  50 of 200 frames  10/s  0:15 left")
        #expect(
            line(done: 3, of: 4, unit: "pieces", seconds: 2).text(columns: 60)
                == "animate  75 %  3 of 4 pieces  1.5/s  0:01 left")
    }

    @Test("bytes are told in MB, and what an earlier try left is no part of the rate")
    func bytes() {
        #expect(
            line(
                done: 60_000_000, of: 80_000_000, unit: "bytes", seconds: 2, before: 50_000_000
            ).text(columns: 60) == "animate  75 %  60.0 of 80.0 MB  5.0 MB/s  0:04 left")
    }

    @Test("an unknown total gives what is done and the time so far")
    func unknown() {
        #expect(
            line(done: 12, of: nil, unit: "clauses", seconds: 3_700).text(columns: 80)
                == "animate  12 clauses  0.0/s  1:01:41")
        #expect(line(done: 0, of: nil, unit: "", seconds: 0.9).text(columns: 80) == "animate  0:01")
    }

    @Test(
        "the line never reaches the terminal's edge",
        arguments: [1, 2, 10, 20, 40, 57, 58, 59, 80, 200])
    func width(columns: Int) {
        for total in [nil, 0, 1, 1_000_000_000] {
            for unit in ["bytes", "frames"] {
                let text = line(done: 7, of: total, unit: unit, seconds: 1).text(columns: columns)
                #expect(text.count <= max(1, columns - 1))
            }
        }
    }

    @Test("more done than was told is all done")
    func over() {
        let text = line(done: 9, of: 4, unit: "frames", seconds: 1).text(columns: 80)
        #expect(text.contains("100 %") && text.contains("0:00 left"))
    }
}
