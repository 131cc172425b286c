// What makes the pages nicer with scripts; everything works without them.
"use strict";

const MINUTE = 60;
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", MINUTE]];
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

function relativeText(moment) {
  const seconds = (moment - Date.now()) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

// Times stand in the page as UTC; here they become the reader's own, UTC on hover.
function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[data-time]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    if (time.dataset.time === "relative") {
      time.textContent = relativeText(moment);
    } else {
      time.title ||= time.textContent;
      time.textContent = (time.dataset.time === "day" ? day : absolute).format(moment);
    }
  }
}

function currentTheme() {
  return document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
}

function labelTheme(button) {
  const dark = currentTheme() === "dark";
  button.setAttribute("aria-label", dark ? "Use the light theme" : "Use the dark theme");
  button.querySelector("[data-when=dark]").hidden = !dark;
  button.querySelector("[data-when=light]").hidden = dark;
}

function toggleTheme(button) {
  const next = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.bsTheme = next;
  try { localStorage.setItem("podium-theme", next); } catch { /* kept for this page only */ }
  labelTheme(button);
}

async function copyText(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    source.select?.();
    document.execCommand("copy");
  }
  button.querySelector("[data-label]").textContent = "Copied";
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

// A large file goes as the request's body, with a bar that shows how far it is.
function sizeText(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return `${bytes.toFixed(unit && bytes < 100 ? 1 : 0)} ${units[unit]}`;
}

class Upload {
  constructor(form) {
    this.form = form;
    this.drop = form.querySelector(".drop");
    this.input = this.drop.querySelector("input[type=file]");
    this.chosen = this.drop.querySelector("[data-chosen]");
    this.meter = form.querySelector("[data-meter]");
    this.button = form.querySelector("button[type=submit]");
    this.fault = form.querySelector("[data-fault]");
    this.input.addEventListener("change", () => this.show());
    for (const name of ["dragover", "dragenter"]) {
      this.drop.addEventListener(name, () => this.drop.classList.add("over"));
    }
    for (const name of ["dragleave", "drop"]) {
      this.drop.addEventListener(name, () => this.drop.classList.remove("over"));
    }
    form.addEventListener("submit", (event) => this.send(event));
  }

  show() {
    const file = this.input.files[0];
    this.chosen.textContent = file ? `${file.name} (${sizeText(file.size)})` : this.chosen.dataset.empty;
    this.say("");
  }

  say(sentence) {
    this.fault.hidden = !sentence;
    this.fault.querySelector("[data-sentence]").textContent = sentence;
    if (sentence) this.fault.focus();
  }

  send(event) {
    event.preventDefault();
    const file = this.input.files[0];
    if (!file) return this.say("Choose the file that holds your predictions.");
    const most = Number(this.form.dataset.mostBytes);
    if (file.size > most) {
      return this.say(`The file has ${sizeText(file.size)}; this competition takes up to ${sizeText(most)}. Compress it (.csv.gz or .zip).`);
    }
    const query = new URLSearchParams({ file_name: file.name, description: this.form.elements.description.value });
    const request = new XMLHttpRequest();
    request.open("POST", `${this.form.getAttribute("action")}?${query}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRFToken", this.form.elements.csrf_token.value);
    request.upload.addEventListener("progress", (progress) => this.advance(progress.loaded, file.size));
    request.addEventListener("load", () => this.finish(request));
    request.addEventListener("error", () => this.fail("The upload stopped before its end. Check your connection and send it again."));
    this.button.disabled = true;
    this.say("");
    this.advance(0, file.size);
    request.send(file);
    return undefined;
  }

  advance(sent, size) {
    this.meter.hidden = false;
    this.meter.querySelector("progress").value = size ? sent / size : 1;
    this.meter.querySelector("[data-words]").textContent =
      sent < size ? `${sizeText(sent)} of ${sizeText(size)} sent` : "Sent. Waiting for the answer";
  }

  finish(request) {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a page of a proxy */ }
    if (request.status === 201 && answer.url) return location.assign(answer.url);
    return this.fail(answer.sentence || "The site did not take the file. Load this page again and retry.");
  }

  fail(sentence) {
    this.meter.hidden = true;
    this.button.disabled = false;
    this.say(sentence);
  }
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-toggle]");
  if (theme) toggleTheme(theme);
  const copy = event.target.closest("[data-copy]");
  if (copy) copyText(copy);
  closeMenus(event.target.closest("details.menu"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
  }
  if (event.key === "/" && !event.target.closest("input, textarea, select")) {
    const search = document.getElementById("p-search");
    if (search?.offsetParent) { event.preventDefault(); search.focus(); }
  }
});
document.addEventListener("htmx:afterSettle", (event) => localiseTimes(event.target.parentElement ?? document));
for (const button of document.querySelectorAll("[data-theme-toggle]")) labelTheme(button);
for (const form of document.querySelectorAll("form[data-upload]")) new Upload(form);
for (const select of document.querySelectorAll("select[data-go]")) select.addEventListener("change", () => select.form.requestSubmit());
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
localiseTimes(document);
setInterval(() => localiseTimes(document), 30000);
