// The face of a conversation: fragments of MP4 in, pictures on the clock of the voice out.

/** Finds the first box of a kind, wherever it lies; gives its contents. */
function boxOf(bytes, kind) {
  const wanted = [...kind].map((letter) => letter.charCodeAt(0));
  for (let at = 4; at + 4 <= bytes.length; at++) {
    if (wanted.some((code, index) => bytes[at + index] !== code)) continue;
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at - 4);
    return bytes.subarray(at + 4, at - 4 + size);
  }
  return null;
}

/** Pictures by WebCodecs, drawn on a canvas when they are due. */
class CanvasFace {
  constructor(canvas) {
    this.canvas = canvas;
    this.place = canvas.getContext("2d");
    this.frames = [];
    this.shown = 0;
  }

  static isHere = () => "VideoDecoder" in window;

  async begin(bytes, codec) {
    const description = boxOf(bytes, "avcC");
    const config = { codec, description, optimizeForLatency: true };
    const { supported } = await VideoDecoder.isConfigSupported(config);
    if (!supported) throw new Error("no decoder");
    this.decoder = new VideoDecoder({
      output: (frame) => this.frames.push(frame),
      error: () => { this.waitsForKey = true; },
    });
    this.decoder.configure(config);
    this.waitsForKey = true;
  }

  add(bytes, { keyframe, stream_ms, duration_ms }) {
    if (this.decoder?.state !== "configured" || (this.waitsForKey && !keyframe)) return;
    this.waitsForKey = false;
    this.decoder.decode(new EncodedVideoChunk({
      type: keyframe ? "key" : "delta", timestamp: stream_ms * 1000, duration: duration_ms * 1000,
      data: boxOf(bytes, "mdat"),
    }));
  }

  /** Draws the newest picture that is due; gives its time, or null. */
  draw(now) {
    let due = null;
    while (this.frames.length && this.frames[0].timestamp <= now * 1000) {
      due?.close();
      due = this.frames.shift();
    }
    if (!due) return null;
    if (this.canvas.width !== due.displayWidth) {
      this.canvas.width = due.displayWidth;
      this.canvas.height = due.displayHeight;
    }
    this.place.drawImage(due, 0, 0);
    const time = due.timestamp / 1000;
    due.close();
    this.shown += 1;
    return time;
  }

  end() {
    this.frames.forEach((frame) => frame.close());
    this.frames = [];
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
  }
}

/** Pictures by MediaSource, for browsers without WebCodecs: a muted video that is kept on the clock. */
class MediaSourceFace {
  constructor(video) {
    this.video = video;
    this.queue = [];
    this.shown = 0;
  }

  async begin(bytes, codec) {
    const Source = window.ManagedMediaSource || window.MediaSource;
    const type = "video/mp4; codecs=\"" + codec + "\"";
    if (!Source || !Source.isTypeSupported(type)) throw new Error("no decoder");
    this.source = new Source();
    this.video.disableRemotePlayback = true;
    this.video.src = URL.createObjectURL(this.source);
    await new Promise((resolve) => this.source.addEventListener("sourceopen", resolve, { once: true }));
    this.buffer = this.source.addSourceBuffer(type);
    this.buffer.addEventListener("updateend", () => this.feed());
    this.queue.push(bytes);
    this.feed();
  }

  add(bytes) {
    this.queue.push(bytes);
    this.feed();
  }

  feed() {
    if (!this.buffer || this.buffer.updating || this.source.readyState !== "open") return;
    const ranges = this.buffer.buffered;
    if (ranges.length && this.video.currentTime - ranges.start(0) > 8) {
      return this.buffer.remove(0, this.video.currentTime - 4);
    }
    const next = this.queue.shift();
    if (next) this.buffer.appendBuffer(next);
  }

  draw(now) {
    const video = this.video;
    const ranges = video.buffered;
    if (!ranges.length) return null;
    const end = ranges.end(ranges.length - 1);
    const off = now / 1000 - video.currentTime;
    if (Math.abs(off) > 0.3 || video.currentTime < ranges.start(ranges.length - 1)) {
      video.currentTime = Math.min(Math.max(now / 1000, ranges.start(ranges.length - 1)), end);
    } else {
      video.playbackRate = off > 0.04 ? 1.08 : off < -0.04 ? 0.92 : 1;
    }
    if (video.paused) video.play().catch(() => {});
    this.shown = video.getVideoPlaybackQuality().totalVideoFrames;
    return video.currentTime * 1000;
  }

  end() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
