"use strict";
// Runs beside the page, on the browser's thread for sound: the microphone's samples go out, the
// voice's come in.

/** Hands the microphone's samples to the page, 40 ms at a time. */
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Float32Array(Math.round(sampleRate / 25));
    this.count = 0;
  }

  process([input]) {
    const channel = input[0];
    if (!channel) return true;
    for (const sample of channel) {
      this.samples[this.count++] = sample;
      if (this.count < this.samples.length) continue;
      this.port.postMessage(this.samples.slice());
      this.count = 0;
    }
    return true;
  }
}

/** Plays samples at the very frames of the context's clock that they are due. */
class Voice extends AudioWorkletProcessor {
  constructor() {
    super();
    /** { at, samples }, in order. */
    this.pieces = [];
    /** How loud it is now, so that what is taken back does not click. */
    this.gain = 1;
    this.fades = false;
    this.port.onmessage = ({ data }) => {
      if (data.samples) {
        this.pieces.push(data);
        this.fades = false;
      } else {
        this.fades = true;
      }
    };
  }

  process(_, [output]) {
    const channel = output[0];
    for (let index = 0; index < channel.length; index++) {
      const frame = currentFrame + index;
      while (this.pieces.length && frame >= this.pieces[0].at + this.pieces[0].samples.length) this.pieces.shift();
      this.gain = this.fades ? Math.max(0, this.gain - 1 / 256) : 1;
      const piece = this.pieces[0];
      channel[index] = piece && frame >= piece.at ? piece.samples[frame - piece.at] * this.gain : 0;
      if (this.fades && this.gain === 0) this.pieces = [];
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("voice", Voice);
