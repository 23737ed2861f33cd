"use strict";
// What every part of the page uses: asking the server, telling errors, times, files and commands.

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Makes an element; text is set as text, never as markup. */
function make(tag, fields = {}, ...children) {
  const element = Object.assign(document.createElement(tag), fields);
  element.append(...children);
  return element;
}

// MARK: asking

let key = sessionStorage.getItem("key") || "";

/** A problem that the server told, or that the way to it has. */
class Trouble extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

/** Sends a request; gives the response, or throws a Trouble with a sentence to show. */
async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key) headers.set("Authorization", "Bearer " + key);
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("The server can’t be reached. Is it running?");
  }
  if (response.ok) return response;
  let problem = {};
  try { problem = await response.json(); } catch { /* Not a problem of ours. */ }
  if (response.status === 401) showKey();
  throw new Trouble(sentence(problem, response), response.status);
}

/** RFC 9457 in words. */
function sentence(problem, response) {
  let text = problem.detail || "The server answered " + response.status + ".";
  if (problem.limit) text += " Allowed: " + problem.limit + ".";
  if (problem.got) text += " Got: " + problem.got + ".";
  const wait = response.headers.get("retry-after");
  if (wait) text += " Try again in " + wait + (wait === "1" ? " second." : " seconds.");
  return text;
}

// MARK: the key

const keyForm = one("#key");

function showKey() {
  if (!keyForm.hidden) return;
  keyForm.hidden = false;
  one("input", keyForm).focus();
}

keyForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  key = one("input", keyForm).value.trim();
  const error = one(".error", keyForm);
  error.textContent = "";
  try {
    await loadVoices();
    sessionStorage.setItem("key", key);
    keyForm.hidden = true;
    one("#main").focus();
  } catch (trouble) {
    error.textContent = trouble.status === 401 ? "The server does not take this key." : trouble.message;
  }
});

/** Fills the list of voices. */
async function loadVoices() {
  const { voices } = await (await ask("/voices")).json();
  const list = one("#speak [name=voice]");
  list.replaceChildren(
    ...voices.filter((voice) => voice.present).map((voice) =>
      make("option", { value: voice.id, textContent: voice.id + ", " + voice.language })));
}

async function greet() {
  const health = one("#health");
  const tell = (kind, text) => {
    health.className = "health " + kind;
    one("span:last-child", health).textContent = text;
  };
  try {
    const began = performance.now();
    await ask("/readyz");
    tell("good", "Ready, " + Math.max(1, Math.round(performance.now() - began)) + " ms away");
  } catch (trouble) {
    tell("bad", trouble.message);
    return;
  }
  if (document.body.dataset.key === "asked" && !key) return showKey();
  try { await loadVoices(); } catch { /* The first thing that is done will say it. */ }
}

// MARK: a step of work

/**
 * One card's work: its status, its error, its cancel button. `run` lets one piece of work be
 * under way; the work gets a signal that ends it.
 */
class Card {
  constructor(id) {
    this.element = one("#" + id);
    this.status = one(".status", this.element);
    this.error = one(".error", this.element);
    this.after = one(".after", this.element);
    this.cancel = one(".cancel", this.element);
    this.urls = [];
    this.cancel?.addEventListener("click", () => this.control?.abort());
  }

  async run(words, work) {
    this.control?.abort();
    const control = this.control = new AbortController();
    this.error.textContent = "";
    this.status.textContent = words;
    this.element.setAttribute("aria-busy", "true");
    if (this.cancel) this.cancel.hidden = false;
    try {
      await work(control.signal);
      if (this.control === control) this.after.hidden = false;
    } catch (trouble) {
      if (this.control !== control) return;
      this.after.hidden = true;
      this.status.textContent = trouble.name === "AbortError" ? "Cancelled." : "";
      if (trouble.name !== "AbortError") this.error.textContent = trouble.message;
    } finally {
      if (this.control === control) {
        this.control = null;
        this.element.removeAttribute("aria-busy");
        if (this.cancel) this.cancel.hidden = true;
      }
    }
  }

  /** An address for bytes; those of the work before are let go. */
  url(blob) {
    const url = URL.createObjectURL(blob);
    this.urls.push(url);
    return url;
  }

  forget() {
    this.urls.forEach((url) => URL.revokeObjectURL(url));
    this.urls = [];
  }

  /** Download buttons: pairs of a label and a file. */
  saves(files) {
    one(".saves", this.element).replaceChildren(
      ...files.map(([label, name, blob]) =>
        make("a", {
          className: "button", href: this.url(blob), download: name, textContent: "↓ " + label,
          ariaLabel: "Download: " + label,
        })));
  }
}

// MARK: times

const stageNames = {
  queue: "Waiting", decode: "Reading the file", load: "Loading models",
  first: "First audio", encode: "Encoding", speak: "Speaking", audio: "Reading the audio",
  find: "Finding the face", mouth: "Shaping the mouth", render: "Drawing", total: "All of it",
};

/** Server-Timing as a list of names and milliseconds. */
function stages(response) {
  return (response.headers.get("server-timing") || "").split(",").flatMap((part) => {
    const [name, ...fields] = part.split(";").map((text) => text.trim());
    const field = fields.find((text) => text.startsWith("dur="));
    return name && field ? [{ name, ms: Number(field.slice(4)) }] : [];
  });
}

const readable = (ms) => ms < 1000 ? ms.toFixed(ms < 10 ? 1 : 0) + " ms" : (ms / 1000).toFixed(2) + " s";

/**
 * Draws bars of times, each as long as its part of the longest.
 * - infer: what the engine did, in a word.
 */
function drawTimes(place, list, infer = "Computing") {
  const names = { ...stageNames, infer };
  const most = Math.max(...list.map((stage) => stage.ms), 0.001);
  const rows = list.map(({ name, ms }) => {
    const bar = make("i");
    bar.style.width = Math.max(0.5, ms / most * 100) + "%";
    const track = make("span", { className: "track" }, bar);
    track.setAttribute("aria-hidden", "true");
    return make("li", { className: name === "total" ? "total" : "" },
      make("span", { textContent: names[name] || name }), track,
      make("span", { textContent: readable(ms) }));
  });
  place.replaceChildren(make("h3", { textContent: "Time on the server" }), make("ul", {}, ...rows));
}

// MARK: commands

const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

/** Shows the command that does the same. */
function drawCommand(place, path, parts) {
  const lines = ["curl " + location.origin + path];
  if (key) lines.push("-H \"Authorization: Bearer $AVATAR_API_KEY\"");
  const text = [...lines, ...parts].join(" \\\n  ");
  const button = make("button", { type: "button", className: "small", textContent: "Copy" });
  const pre = make("pre", { textContent: text, tabIndex: 0 });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Without HTTPS there is no clipboard: the text is marked, so that a key can copy it.
      getSelection().selectAllChildren(pre);
      button.textContent = "Marked";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  place.replaceChildren(
    make("header", {}, make("h3", { textContent: "The same from a terminal" }), button), pre);
}

// MARK: files

/** Lets files of a kind be dropped on an element. */
function acceptDrops(place, take) {
  const kind = place.dataset.accept;
  const fits = (file) => kind === "image" ? file.type.startsWith("image/") : !file.type.startsWith("image/");
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const file = [...event.dataTransfer.files].find(fits);
    if (file) take(file);
  });
}

// A file dropped beside its place must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

/** A file input gives its file, and can be given the same one again. */
function acceptChoice(input, take) {
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = "";
  });
}
