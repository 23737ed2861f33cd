// The three tools.

// MARK: hear

const hear = new Card("hear");

const clock = (seconds) => {
  const ms = Math.round(seconds * 1000);
  const two = (value) => String(value).padStart(2, "0");
  return two(Math.floor(ms / 3600000)) + ":" + two(Math.floor(ms / 60000) % 60) + ":"
    + two(Math.floor(ms / 1000) % 60) + "," + String(ms % 1000).padStart(3, "0");
};

const subtitles = (segments) => segments.map((segment, index) =>
  (index + 1) + "\n" + clock(segment.start) + " --> " + clock(segment.end) + "\n" + segment.text + "\n").join("\n");

/** Asks for words with their times. */
async function transcribe(file, fields, signal) {
  const form = new FormData();
  form.append("file", file, file.name);
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  form.append("response_format", "verbose_json");
  form.append("timestamp_granularities[]", "segment");
  form.append("timestamp_granularities[]", "word");
  const response = await ask("/transcribe", { method: "POST", body: form, signal });
  return { heard: await response.json(), times: stages(response) };
}

const languageName = (code) => {
  try { return new Intl.DisplayNames(["en"], { type: "language" }).of(code); } catch { return code; }
};

function hearFile(file) {
  const fields = {
    language: one("[name=language]", hear.element).value,
    task: one("[name=task]", hear.element).value,
  };
  hear.run("Listening to " + file.name + "…", async (signal) => {
    const { heard, times } = await transcribe(file, fields, signal);
    hear.forget();
    const player = one("audio", hear.element);
    player.src = hear.url(file);
    const said = one(".said", hear.element);
    lightWords(said, heard.text || "Nothing was said.", heard.words || [], player);
    hear.status.textContent = heard.text
      ? heard.duration.toFixed(1) + " s of " + languageName(heard.language) + ", by the model " + heard.model + "."
      : "No speech was heard.";
    const name = file.name.replace(/\.[^.]*$/, "") || "transcript";
    hear.saves([
      ["Text", name + ".txt", new Blob([heard.text + "\n"], { type: "text/plain" })],
      ["Subtitles", name + ".srt", new Blob([subtitles(heard.segments || [])], { type: "application/x-subrip" })],
      ["JSON", name + ".json", new Blob([JSON.stringify(heard, null, 2)], { type: "application/json" })],
    ]);
    drawTimes(one(".times", hear.element), times, "Transcribing");
    drawCommand(one(".curl", hear.element), "/transcribe", [
      "-F " + quoted("file=@" + file.name),
      ...Object.entries(fields).filter(([name, value]) => value && value !== "transcribe")
        .map(([name, value]) => "-F " + name + "=" + value),
    ]);
  });
}

acceptChoice(one("#hear .drop input"), hearFile);
acceptDrops(one("#hear .drop"), hearFile);
recordWith(one("#hear .record"), hear.element, hearFile);

// MARK: speak

const speak = new Card("speak");
const speakForm = one("form", speak.element);
/** The audio that was spoken last, for the video. */
let spoken = null;

one("[name=speed]", speakForm).addEventListener("input", (event) => {
  one("output", speakForm).textContent = Number(event.target.value).toFixed(1);
});

const audioTypes = { wav: "audio/wav", mp3: "audio/mpeg", opus: "audio/ogg", aac: "audio/aac", flac: "audio/flac" };

speakForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const order = { text: speakForm.text.value, response_format: speakForm.response_format.value };
  if (speakForm.voice.selectedIndex > 0) order.voice = speakForm.voice.value;
  if (speakForm.speed.value !== "1") order.speed = Number(speakForm.speed.value);
  speak.run("Speaking…", async (signal) => {
    const response = await ask("/speak", {
      method: "POST", signal, headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...order, timestamps: true }),
    });
    const answer = await response.json();
    speak.forget();
    const ending = answer.format === "opus" ? "ogg" : answer.format;
    spoken = new File([bytesOf(answer.audio)], "speech." + ending, { type: audioTypes[answer.format] });
    one("#show [value=spoken]").disabled = false;
    const player = one("audio", speak.element);
    player.src = speak.url(spoken);
    lightWords(one(".said", speak.element), order.text,
      answer.words.map(({ text, start, end }) => ({ word: text, start, end })), player);
    speak.status.textContent = answer.duration.toFixed(1) + " s of speech, " + Math.ceil(spoken.size / 1024) + " KB.";
    speak.saves([["Sound", spoken.name, spoken]]);
    drawTimes(one(".times", speak.element), stages(response), "Speaking");
    drawCommand(one(".curl", speak.element), "/speak", [
      "-H 'Content-Type: application/json'", "-d " + quoted(JSON.stringify(order)), "-o " + spoken.name,
    ]);
    speak.after.hidden = false;
    await play(player, speak.status);
  });
});

// MARK: show

const show = new Card("show");
const showForm = one("form", show.element);
let portrait = null;
let audioFile = null;

/** Shows a portrait in both places where it speaks. */
function takePortrait(file, isSample = false) {
  portrait = file;
  const url = URL.createObjectURL(file);
  for (const image of [one("#show-portrait"), one("#talk-portrait")]) {
    if (image.src) URL.revokeObjectURL(image.src);
    image.src = url;
    image.hidden = false;
  }
  document.dispatchEvent(new Event("portrait"));
  showForm.face.value = "";
  if (!isSample) one("#portrait-name").textContent = "Now: " + file.name + ". Click a face to choose it.";
}

takePortrait(new File([bytesOf(document.body.dataset.portrait)], "portrait.webp", { type: "image/webp" }), true);
acceptChoice(one("#show .portrait input"), takePortrait);
acceptDrops(one("#show .portrait"), (file) => takePortrait(file));
acceptChoice(one("#show [data-role=audio]"), (file) => {
  audioFile = file;
  one("#show [data-source=audio] span").textContent = file.name;
});

one("#show-portrait").addEventListener("click", (event) => {
  const image = event.target;
  const scale = image.naturalWidth / image.clientWidth;
  showForm.face.value = Math.round(event.offsetX * scale) + "," + Math.round(event.offsetY * scale);
  show.status.textContent = "The face at " + showForm.face.value + " will speak.";
});

all("#show [name=source]").forEach((radio) => radio.addEventListener("change", () => {
  for (const element of all("#show [data-source]")) element.hidden = element.dataset.source !== radio.value;
}));

/** Asks for a video. */
async function animate(image, fields, signal) {
  const form = new FormData();
  form.append("image", image, image.name);
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof File) form.append(name, value, value.name);
    else form.append(name, value);
  }
  const response = await ask("/animate", { method: "POST", body: form, signal });
  const video = new File([await response.blob()], "video.mp4", { type: "video/mp4" });
  return { video, response, times: stages(response) };
}

/** The fields that are not as they are by themselves. */
function filmFields() {
  const fields = {};
  const usual = { size: "512", preprocess: "full", fps: "25", face: "" };
  for (const [name, value] of Object.entries(usual)) {
    if (showForm[name].value !== value) fields[name] = showForm[name].value;
  }
  if (showForm.still.checked) fields.still = "true";
  if (!showForm.blink.checked) fields.blink = "false";
  return fields;
}

showForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = filmFields();
  const source = showForm.source.value;
  show.run("Generating the video…", async (signal) => {
    if (source === "text") {
      if (!showForm.text.value.trim()) throw new Trouble("There is no text to say yet.");
      fields.text = showForm.text.value;
    } else {
      fields.audio = source === "audio" ? audioFile : spoken;
      if (!fields.audio) throw new Trouble("Choose an audio file first.");
    }
    const { video, response, times } = await animate(portrait, fields, signal);
    show.forget();
    one(".empty", show.element).hidden = true;
    const player = one("video", show.element);
    player.src = show.url(video);
    const factor = Number(response.headers.get("x-realtime-factor"));
    one(".facts", show.element).textContent = response.headers.get("x-video-frames") + " frames, "
      + response.headers.get("x-video-size").replace("x", "×") + ", " + Math.ceil(video.size / 1024) + " KB"
      + (factor > 0 ? ", made " + (1 / factor).toFixed(1) + " times as fast as it plays." : ".");
    const warning = /"(.*)"/.exec(response.headers.get("warning") || "");
    show.status.textContent = warning ? warning[1] + "." : "The video is ready.";
    show.saves([["Video", "video.mp4", video]]);
    drawTimes(one(".times", show.element), times);
    drawCommand(one(".curl", show.element), "/animate", [
      "-F " + quoted("image=@" + portrait.name),
      ...Object.entries(fields).map(([name, value]) =>
        "-F " + quoted(name + "=" + (value instanceof File ? "@" + value.name : value))),
      "-o video.mp4",
    ]);
    show.after.hidden = false;
    await play(player, show.status);
  });
});
