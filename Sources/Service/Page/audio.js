// Recording, and words that light up while they are spoken.

const recordSecondsMax = 300;
const isMicrophoneHere = isSecureContext && navigator.mediaDevices && window.MediaRecorder;

/** Makes a button record; `take` gets the recording as a file. */
function recordWith(button, place, take) {
  const note = one(".micro", place);
  const word = one(".word", button);
  const level = one(".level", place);
  if (!isMicrophoneHere) {
    button.disabled = true;
    note.textContent = "The microphone needs HTTPS or localhost. A chosen file works here too.";
    return;
  }
  let recorder = null;
  button.setAttribute("aria-pressed", "false");

  const show = (isOn) => {
    button.classList.toggle("on", isOn);
    button.setAttribute("aria-pressed", String(isOn));
    word.textContent = isOn ? button.dataset.busy : button.dataset.idle;
    level.hidden = !isOn;
  };

  button.addEventListener("click", async () => {
    if (recorder) return recorder.stop();
    note.textContent = "";
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      note.textContent = error.name === "NotAllowedError"
        ? "The browser does not let this page use the microphone. Its address bar can change that."
        : "No microphone was found.";
      return;
    }
    const type = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]
      .find((name) => MediaRecorder.isTypeSupported(name));
    const pieces = [];
    const ended = watch(stream, level, (seconds) => {
      note.textContent = "Recording, " + Math.floor(seconds) + " s";
      if (seconds >= recordSecondsMax) recorder?.stop();
    });
    recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      ended();
      stream.getTracks().forEach((track) => track.stop());
      const kind = recorder.mimeType || "audio/webm";
      recorder = null;
      show(false);
      note.textContent = "";
      const ending = kind.includes("mp4") ? "m4a" : kind.includes("ogg") ? "ogg" : "webm";
      take(new File(pieces, "recording." + ending, { type: kind.split(";")[0] }));
    });
    recorder.start();
    show(true);
  });
}

/** Shows how loud it is and counts the seconds; returns what ends it. */
function watch(stream, level, tick) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const began = performance.now();
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    level.value = Math.min(1, Math.sqrt(power) * 5);
    tick((performance.now() - began) / 1000);
  }, 100);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

/**
 * Sets a text so that its words light up with a player. Each word is looked for after the one
 * before it, so that signs between the words stay as they are.
 */
function lightWords(place, text, words, player) {
  const spans = [];
  const parts = [];
  let at = 0;
  for (const { word, start, end } of words) {
    const found = text.indexOf(word, at);
    if (found < 0) continue;
    if (found > at) parts.push(text.slice(at, found));
    const span = make("span", { textContent: word });
    span.addEventListener("click", () => {
      player.currentTime = start + 0.001;
      player.play();
    });
    spans.push({ span, start, end });
    parts.push(span);
    at = found + word.length;
  }
  parts.push(text.slice(at));
  place.replaceChildren(...parts);

  let lit = null;
  const light = () => {
    const now = player.currentTime;
    const item = player.ended ? null : spans.find(({ start, end }) => now >= start && now < end);
    if (item?.span !== lit) {
      lit?.classList.remove("lit");
      lit = item?.span ?? null;
      lit?.classList.add("lit");
    }
    if (!player.paused && !player.ended) requestAnimationFrame(light);
  };
  player.onplay = player.onseeked = player.onended = light;
}

/** Bytes of base64. */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Plays, and says so where the browser wants a click first. */
async function play(player, status) {
  try {
    await player.play();
  } catch {
    status.textContent = "Ready. Press play.";
  }
}
