import CCurl
import CLinux

/// libcurl's functions, looked up when the library is first needed.
// SAFETY: addresses of code in a library that is never closed.
struct CurlLibrary: @unchecked Sendable {
    /// 7.85.0, the first with `CURLOPT_PROTOCOLS_STR`: an older one would take any protocol.
    static let versionMin: UInt32 = 0x07_55_00

    let make, setOption, getInfo, perform, reset, cleanup: UnsafeMutableRawPointer
    let append, freeList: UnsafeMutableRawPointer
    let makeMulti, addToMulti, removeFromMulti, performMulti: UnsafeMutableRawPointer
    let pollMulti, wakeMulti, nextMessage, cleanupMulti: UnsafeMutableRawPointer

    init() throws(TransferError) {
        // By soname: the name that the image and every distribution share. Never closed.
        let name = "libcurl.so.4"
        guard let library = linux_load(name) else { throw .libraryMissing(name: name) }
        func find(_ symbol: String) throws(TransferError) -> UnsafeMutableRawPointer {
            guard let found = linux_symbol(library, symbol) else {
                throw .libraryMissing(name: symbol)
            }
            return found
        }
        guard curl_call_version(try find("curl_version_info")) >= Self.versionMin else {
            throw .libraryTooOld(name: name, wanted: "7.85.0")
        }
        make = try find("curl_easy_init")
        setOption = try find("curl_easy_setopt")
        getInfo = try find("curl_easy_getinfo")
        perform = try find("curl_easy_perform")
        reset = try find("curl_easy_reset")
        cleanup = try find("curl_easy_cleanup")
        append = try find("curl_slist_append")
        freeList = try find("curl_slist_free_all")
        makeMulti = try find("curl_multi_init")
        addToMulti = try find("curl_multi_add_handle")
        removeFromMulti = try find("curl_multi_remove_handle")
        performMulti = try find("curl_multi_perform")
        pollMulti = try find("curl_multi_poll")
        wakeMulti = try find("curl_multi_wakeup")
        nextMessage = try find("curl_multi_info_read")
        cleanupMulti = try find("curl_multi_cleanup")
    }
}
