# The target `media` of scripts/fuzz: audio and images through the slim FFmpeg to samples and
# pixels. The sanitizers see our Swift and our C; FFmpeg is the archive that is shipped, so that its
# own faults show only where they end the process or break what we check.
# shellcheck shell=bash disable=SC2154  # built, module, compile and fuzz are those of scripts/fuzz
media() {
    local deps=$PWD/.deps source map=$built/CLinux.modulemap
    printf 'module CLinux { header "%s"\n export * }\n' \
        "$PWD/Sources/CLinux/include/CLinux.h" >"$map"
    local c=(-Xcc "-fmodule-map-file=$map" -Xcc "-I$deps/include/ffmpeg" -I Sources/CFFmpeg)
    c+=(-Xcc "-I$deps/include/lcms" -I Sources/CLittleCMS)
    for source in Sources/CLinux/*.c; do
        clang -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
            -I Sources/CLinux/include -c -o "$built/$(basename "$source").o" "$source"
    done
    module EngineAPI Sources/EngineAPI/*/*.swift
    module Execution "${c[@]}" Sources/Execution/*.swift
    local archives=(-l:lib{avformat,avcodec,swscale,swresample,avutil,mp3lame,opus,vpx,openh264,lcms2}.a)
    # Its sources name their module.
    compile Media -o "$built/media" "${c[@]}" Sources/Media/*.swift Sources/Media/{Decoding,Encoding,Images}/*.swift \
        Sources/Media/DecodeProcess/*.swift scripts/fuzzing/media.swift \
        "$built"/{EngineAPI,Execution}.o "$built"/*.c.o -use-ld=lld "-L$deps/lib" \
        "${archives[@]}" -lstdc++ -lm -lz
    fuzz media 16384 scripts/fuzzing/corpus/media
}
