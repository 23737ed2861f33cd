import CLinux

/// The CUDA driver, where ggml's CUDA backend is not there to ask: libcuda comes with the driver.
/// Written to the driver's documented interface; it has not met a device yet.
enum CUDADriver {
    private typealias Initialise = @convention(c) (UInt32) -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
    private typealias Get = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
    private typealias Name = @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Int32
    private typealias Total = @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Int32

    /// The devices with all their memory: what others took of it is not told without a context.
    static func devices() -> [ComputeDevice] {
        guard let library = linux_load("libcuda.so.1"),
            let initialise: Initialise = symbol(library, "cuInit"), initialise(0) == 0,
            let countDevices: Count = symbol(library, "cuDeviceGetCount"),
            let get: Get = symbol(library, "cuDeviceGet"),
            let nameOf: Name = symbol(library, "cuDeviceGetName"),
            let totalOf: Total = symbol(library, "cuDeviceTotalMem_v2")
        else { return [] }
        var count: Int32 = 0
        guard countDevices(&count) == 0, count > 0 else { return [] }
        var found: [ComputeDevice] = []
        for ordinal in 0..<min(count, 64) {
            var (device, bytes) = (Int32(0), 0)
            var name = [CChar](repeating: 0, count: 256)
            guard get(&device, ordinal) == 0, totalOf(&bytes, device) == 0,
                nameOf(&name, Int32(name.count - 1), device) == 0
            else { continue }
            found.append(
                ComputeDevice(
                    .cuda, ordinal: Int(ordinal), whisperIndex: nil,
                    name: String(
                        decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
                        as: UTF8.self),
                    freeBytes: bytes))
        }
        return found
    }

    private static func symbol<Function>(
        _ library: UnsafeMutableRawPointer, _ name: String
    ) -> Function? {
        linux_symbol(library, name).map { unsafeBitCast($0, to: Function.self) }
    }
}
