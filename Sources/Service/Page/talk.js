// A conversation: /v1/realtime, the microphone, the voice and the face.

const talk = one("#talk");
const canTalk = isSecureContext && "AudioWorkletNode" in window;
let conversation = null;

/** PCM of 16 bits as base64. */
function pcmOf(samples) {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) =>
    view.setInt16(index * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function samplesOf(text) {
  const bytes = bytesOf(text);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, index) => view.getInt16(index * 2, true) / 32768);
}

/** A file as a data URI. */
const uriOf = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(new Trouble("The portrait can’t be read."));
  reader.readAsDataURL(file);
});

/**
 * Keeps pictures and voice on one clock. `base` is when, on the sound card's clock in seconds, the
 * stream began; it is set by what arrives, and moved only while nobody speaks.
 */
class Clock {
  constructor(context) {
    this.context = context;
    this.base = null;
    this.slack = Infinity;
    this.since = 0;
  }

  /** Something that is due at a time of the stream has come. */
  arrived(stream, isQuiet) {
    const now = this.context.currentTime;
    if (this.base === null) {
      this.base = now - stream / 1000 + 0.08;
      this.since = now;
    }
    this.slack = Math.min(this.slack, this.base + stream / 1000 - now);
    if (now - this.since < 2) return;
    // Room for 40 to 120 ms of a late network, no more.
    if (isQuiet && (this.slack < 0.04 || this.slack > 0.12)) this.base += 0.07 - this.slack;
    this.slack = Infinity;
    this.since = now;
  }

  /** The stream's time that is heard now, in milliseconds. */
  get now() {
    if (this.base === null) return -1;
    return (this.context.currentTime - (this.context.outputLatency || 0) - this.base) * 1000;
  }
}

class Conversation {
  constructor() {
    this.captions = new Map();
    this.context = new AudioContext({ sampleRate: 24000, latencyHint: "interactive" });
    this.clock = new Clock(this.context);
    /** When, on the sound card's clock, what was said so far ends. */
    this.voiceEnd = 0;
    /** What is being said: its item, and where its sound began. */
    this.saying = null;
    /** Whether the person speaks now. */
    this.isSpokenTo = false;
    /** What is to be done when the answer that is cut short has ended. */
    this.next = null;
    this.canvas = new CanvasFace(one("#talk-canvas"));
  }

  async start() {
    await this.context.audioWorklet.addModule("/worklets.js");
    this.voice = new AudioWorkletNode(this.context, "voice", { numberOfInputs: 0, outputChannelCount: [1] });
    this.voice.connect(this.context.destination);
    await this.openMicrophone();
    await this.openSocket();
    await this.showFace();
    this.draw();
  }

  async openMicrophone() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      });
    } catch (error) {
      one(".micro", talk).textContent = error.name === "NotAllowedError"
        ? "The browser does not let this page use the microphone. You can type all the same."
        : "No microphone was found. You can type all the same.";
      return;
    }
    const source = this.context.createMediaStreamSource(this.stream);
    this.microphone = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0 });
    source.connect(this.microphone);
    const level = one(".level", talk);
    level.hidden = false;
    this.microphone.port.onmessage = ({ data }) => {
      const power = data.reduce((sum, sample) => sum + sample * sample, 0) / data.length;
      level.value = this.isMuted ? 0 : Math.min(1, Math.sqrt(power) * 5);
      // Silence goes out while it is muted: a turn that had begun must end.
      if (this.isMuted) data.fill(0);
      if (this.socket?.readyState === 1) this.send("input_audio_buffer.append", { audio: pcmOf(data) });
    };
  }

  async openSocket() {
    const protocols = ["realtime"];
    if (key) {
      const secret = await (await ask("/v1/realtime/client_secrets", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ expires_after: { anchor: "created_at", seconds: 60 }, origin: location.origin }),
      })).json();
      protocols.push("openai-insecure-api-key." + secret.value);
    }
    const socket = this.socket = new WebSocket(
      location.origin.replace("http", "ws") + "/v1/realtime?model=page", protocols);
    this.ready = new Promise((resolve, reject) => {
      this.isReady = resolve;
      socket.onclose = ({ code, reason }) => {
        reject(new Trouble("The server does not take another conversation now."));
        end(code === 1000 ? "The conversation has ended." : "The connection was lost." + (reason ? " " + reason + "." : ""));
      };
    });
    socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    await this.ready;
  }

  send(type, fields = {}) {
    this.socket.send(JSON.stringify({ type, ...fields }));
  }

  /** Sets the session up, with the portrait as its face. */
  async showFace() {
    this.send("session.update", {
      session: {
        type: "realtime", audio: {
          input: { format: { type: "audio/pcm", rate: 24000 }, transcription: { model: "whisper-1" } },
          output: { format: { type: "audio/pcm", rate: 24000 } },
        },
      },
    });
    this.send("session.update", {
      session: {
        type: "realtime",
        avatar: {
          type: "photo-avatar", output_protocol: "websocket", image: await uriOf(portrait),
          video: { codec: "h264", resolution: { width: 512, height: 512 }, fps: 25 }, paused: document.hidden,
        },
      },
    });
  }

  // MARK: events

  take(event) {
    switch (event.type) {
      case "session.created":
        this.isEcho = !event.session.audio.input.turn_detection.create_response;
        one(".nobody", talk).hidden = !this.isEcho;
        return this.isReady();
      case "input_audio_buffer.speech_started":
        mood("listening");
        this.isSpokenTo = true;
        this.next = null;
        this.hush();
        return this.caption(event.item_id, "You", "", "going");
      case "input_audio_buffer.speech_stopped":
        this.stoppedAt = performance.now();
        this.isSpokenTo = false;
        return mood("thinking");
      case "conversation.item.input_audio_transcription.delta":
        return this.caption(event.item_id, "You", event.delta, "going");
      case "conversation.item.input_audio_transcription.completed":
        return this.heard(event);
      case "response.created":
        this.answering = event.response.id;
        one(".hush", talk).hidden = false;
        return;
      case "response.output_audio_transcript.delta":
        return this.caption(event.item_id, "It", event.delta, "going");
      case "response.output_audio.delta": return this.play(event);
      case "response.video.delta": return this.show(event);
      case "output_audio_buffer.cleared": return this.clear();
      case "conversation.item.truncated":
        return this.captions.get(event.item_id)?.classList.add("cut");
      case "response.done": return this.answered(event.response);
      case "error":
        // What is late is no trouble: what it was for has ended already.
        if (event.error.code === "response_cancel_not_active") return;
        if (["no_face", "image_unreadable", "face_busy"].includes(event.error.code)) {
          one(".status", talk).textContent = event.error.message + " It goes on by voice.";
          return;
        }
        one(".error", talk).textContent = event.error.message;
    }
  }

  heard({ item_id, transcript }) {
    if (transcript) {
      this.caption(item_id, "You", transcript, "", true);
    } else {
      this.captions.get(item_id)?.remove();
      this.captions.delete(item_id);
    }
    // Who goes on speaking is not interrupted.
    if (this.isSpokenTo) return;
    if (!transcript) return mood("");
    if (!this.isEcho) return;
    if (one("[name=echo]", talk).checked) this.say(transcript);
    else mood("");
  }

  /** Does something now, or as soon as what is being said was cut short. */
  instead(action) {
    if (!this.answering) return action();
    this.next = action;
    this.interrupt();
  }

  /** Has the server say a text. */
  say(text) {
    this.instead(() => {
      this.send("input_text_buffer.append", { text });
      this.send("input_text_buffer.commit");
    });
  }

  type(text) {
    this.stoppedAt = performance.now();
    mood("thinking");
    this.caption("typed-" + performance.now(), "You", text, "");
    if (this.isEcho) return this.say(text);
    this.instead(() => {
      this.send("conversation.item.create", {
        item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
      });
      this.send("response.create");
    });
  }

  play(event) {
    if (this.answering !== event.response_id) return;
    const samples = samplesOf(event.delta);
    const rate = this.context.sampleRate;
    let at;
    if (event.stream_ms === undefined) {
      at = Math.max(this.voiceEnd, this.context.currentTime + 0.03);
    } else {
      this.clock.arrived(event.stream_ms, this.voiceEnd < this.context.currentTime);
      at = this.clock.base + event.stream_ms / 1000;
    }
    if (this.saying?.item !== event.item_id) {
      this.saying = { item: event.item_id, began: at, hasStream: event.stream_ms !== undefined };
      mood("speaking");
      if (this.stoppedAt) {
        one(".latency", talk).textContent = "Answered " + readable(performance.now() - this.stoppedAt)
          + " after the end of your turn was noticed.";
        this.stoppedAt = 0;
      }
    }
    this.voice.port.postMessage({ at: Math.round(at * rate), samples }, [samples.buffer]);
    this.voiceEnd = at + samples.length / rate;
  }

  /** Somebody speaks, or the voice is to stop: what is not heard yet is taken back. */
  hush() {
    const now = this.context.currentTime;
    const saying = this.saying;
    this.clear();
    // With a face the server knows what was heard; without one, only this page does.
    if (saying && !saying.hasStream && now < this.voiceEnd) {
      this.send("conversation.item.truncate", {
        item_id: saying.item, content_index: 0,
        audio_end_ms: Math.max(0, Math.round((now - saying.began) * 1000)),
      });
    }
    this.voiceEnd = Math.min(this.voiceEnd, now);
  }

  clear() {
    this.voice.port.postMessage({});
  }

  interrupt() {
    if (this.answering) this.send("response.cancel");
    this.hush();
  }

  answered(response) {
    if (this.answering === response.id) this.answering = null;
    one(".hush", talk).hidden = true;
    for (const item of response.output) {
      const line = this.captions.get(item.id);
      line?.classList.remove("going");
      if (item.status === "incomplete") line?.classList.add("cut");
    }
    if (response.status === "failed") {
      one(".error", talk).textContent = response.status_details.error.message;
    }
    const next = this.next;
    this.next = null;
    if (next) return next();
    if (this.isSpokenTo || response.status_details?.reason === "turn_detected") return;
    const left = (this.voiceEnd - this.context.currentTime) * 1000;
    if (this.saying && left > 0) setTimeout(() => moodOf() === "speaking" && mood(""), left);
    else mood("");
  }

  /** Adds to a line of the captions. */
  caption(id, who, text, state, isWhole = false) {
    let line = this.captions.get(id);
    const list = one(".captions", talk);
    if (!line) {
      line = make("li", {}, make("b", { textContent: who }), make("span"));
      this.captions.set(id, line);
      list.append(line);
      list.hidden = false;
      if (list.children.length > 100) list.firstChild.remove();
    }
    const span = one("span", line);
    span.textContent = isWhole ? text : span.textContent + text;
    line.className = state;
    list.scrollTop = list.scrollHeight;
  }

  // MARK: the face

  async show(event) {
    const bytes = bytesOf(event.delta);
    if (event.init) {
      this.face?.end();
      this.waiting = [];
      this.face = CanvasFace.isHere() ? this.canvas : new MediaSourceFace(one("#talk-video"));
      const face = this.face;
      try {
        await face.begin(bytes, event.codec);
      } catch {
        if (face !== this.canvas) return;
        this.face = new MediaSourceFace(one("#talk-video"));
        await this.face.begin(bytes, event.codec);
      }
      for (const [piece, waited] of this.waiting.splice(0)) this.face.add(piece, waited);
      this.waiting = null;
      return;
    }
    this.clock.arrived(event.stream_ms, this.voiceEnd < this.context.currentTime);
    if (this.waiting) this.waiting.push([bytes, event]);
    else this.face?.add(bytes, event);
  }

  draw() {
    if (this.hasEnded) return;
    requestAnimationFrame(() => this.draw());
    const at = this.face?.draw(this.clock.now);
    if (at === null || at === undefined) return;
    this.lag = this.clock.now - at;
    const isCanvas = this.face === this.canvas;
    one("#talk-canvas").hidden = !isCanvas;
    one("#talk-video").hidden = isCanvas;
    one("#talk-portrait").hidden = true;
  }

  end() {
    this.hasEnded = true;
    this.socket?.close(1000);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.face?.end();
    this.context.close();
  }
}

// MARK: the controls

const startButton = one(".start", talk);

const moodOf = () => one(".mood", talk).textContent;

function mood(text) {
  const place = one(".mood", talk);
  place.textContent = text;
  place.hidden = !text;
}

function showTalking(isOn) {
  startButton.classList.toggle("on", isOn);
  one(".word", startButton).textContent = isOn ? "End the conversation" : "Start talking";
  for (const selector of [".mute", ".type"]) one(selector, talk).hidden = !isOn;
  if (isOn) return;
  for (const selector of [".hush", ".level", ".nobody"]) one(selector, talk).hidden = true;
  one("#talk-canvas").hidden = one("#talk-video").hidden = true;
  one("#talk-portrait").hidden = false;
  one(".mute", talk).setAttribute("aria-pressed", "false");
  mood("");
}

function end(words) {
  if (!conversation) return;
  const ended = conversation;
  conversation = null;
  ended.end();
  showTalking(false);
  one(".status", talk).textContent = words;
}

startButton.addEventListener("click", async () => {
  if (conversation) return end("The conversation has ended.");
  for (const selector of [".error", ".status", ".latency", ".micro"]) one(selector, talk).textContent = "";
  one(".captions", talk).replaceChildren();
  one(".captions", talk).hidden = true;
  showTalking(true);
  const begun = conversation = new Conversation();
  try {
    await begun.start();
  } catch (trouble) {
    if (conversation === begun) end("");
    one(".error", talk).textContent = trouble.message;
  }
});

one(".mute", talk).addEventListener("click", ({ target }) => {
  conversation.isMuted = !conversation.isMuted;
  target.setAttribute("aria-pressed", String(conversation.isMuted));
});
one(".hush", talk).addEventListener("click", () => conversation.interrupt());

one(".type", talk).addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.line;
  const text = field.value.trim();
  field.value = "";
  if (text && conversation) conversation.type(text);
});

// A page that nobody sees needs no pictures.
document.addEventListener("visibilitychange", () => {
  if (conversation?.socket?.readyState !== 1 || !conversation.face) return;
  conversation.send("session.update", { session: { type: "realtime", avatar: { paused: document.hidden } } });
});

document.addEventListener("portrait", () => {
  if (conversation) conversation.showFace();
});

if (!canTalk) {
  startButton.disabled = true;
  one(".micro", talk).textContent = "A conversation needs HTTPS or localhost, and a browser of the last years.";
}

greet();
