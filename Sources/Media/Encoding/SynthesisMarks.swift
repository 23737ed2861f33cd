import EngineAPI

/// What every voice and video says of itself in its metadata.
let synthesisNote = "Synthetic speech, made by Avatar Backend"

/// Name of the tag that holds IPTC's term where a container has tags of any name and no place for
/// XMP.
let sourceTag = "DigitalSourceType"

extension DigitalSource {
    /// An XMP packet (ISO 16684-1) that says it by IPTC's property.
    var xmp: [UInt8] {
        let open = "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
        let body =
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
            + "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "
            + "rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" "
            + "Iptc4xmpExt:DigitalSourceType=\"\(address)\"/></rdf:RDF></x:xmpmeta>"
        return Array((open + body + "<?xpacket end=\"r\"?>").utf8)
    }

    /// The packet in a box of its own (XMP part 3, §1.2.7): a `uuid` box at the top level.
    var movieBox: [UInt8] {
        let id: [UInt8] = [
            0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3,
            0xAF, 0xAC,
        ]
        let packet = xmp
        let size = UInt32(8 + id.count + packet.count)
        return withUnsafeBytes(of: size.bigEndian, Array.init) + Array("uuid".utf8) + id + packet
    }

    /// The packet as GIF's application extension (XMP part 3, §1.1.2): behind it stands a trailer
    /// that ends it for readers which take it for sub-blocks.
    var imageExtension: [UInt8] {
        let trailer: [UInt8] = [0x01] + (0...255).reversed().map { UInt8($0) } + [0x00]
        return [0x21, 0xFF, 0x0B] + Array("XMP DataXMP".utf8) + xmp + trailer
    }

    /// The packet as a chunk of RIFF (XMP part 3, §1.2.2); a chunk begins at an even place.
    var waveChunk: [UInt8] {
        var packet = xmp
        if packet.count % 2 == 1 { packet.append(0x20) }
        return Array("_PMX".utf8)
            + withUnsafeBytes(of: UInt32(packet.count).littleEndian, Array.init) + packet
    }
}
