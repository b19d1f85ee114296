// The page on which an issue is written: saved at every pause, shown as readers will see it.

import { measureCrop } from "./crop.js";
import { cleanPasted } from "./paste.js";
import { parseHtml, writeMarkdown, writeProse } from "./prose.js";

// A pause as short as between two words: what is saved and shown lags behind by no more.
const PAUSE_MS = 50;
const TRY_AGAIN_MS = 4_000;

const editor = document.getElementById("editor");
const form = document.getElementById("part-form");
const told = document.getElementById("saved");

let timer = 0;
let isDirty = false;
let isHeld = Boolean(document.getElementById("conflict"));
let saving = null;
let lastKey = 0;

function tell(words, isBad = false) {
  if (told.textContent !== words) told.textContent = words;
  told.classList.toggle("bad", isBad);
}

function touch() {
  isDirty = true;
  lastKey = performance.now();
  if (isHeld) return;
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE_MS);
}

async function save() {
  clearTimeout(timer);
  if (saving) {
    await saving;
    if (!isDirty) return;
  }
  saving = send();
  await saving;
  saving = null;
}

async function send() {
  isDirty = false;
  const body = new FormData(form);
  body.delete("file");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (!isJson) throw new Error(answer.status);
    learn(answer.status, await answer.json());
  } catch {
    isDirty = true;
    const why = answer ? "you may be logged out: log in in another window" : "there is no connection";
    tell(`Not saved, as ${why}. What you wrote stays here, and is tried again.`, true);
    timer = setTimeout(save, TRY_AGAIN_MS);
  }
}

function learn(status, news) {
  if (status === 409) {
    isHeld = true;
    isDirty = true;
    document.getElementById("conflict-place").innerHTML = news.conflict;
    document.getElementById("conflict").focus();
    tell("Not saved: somebody else wrote here too.", true);
    return;
  }
  if (status !== 200) {
    tell(`Not saved. ${news.problem}`, true);
    return;
  }
  for (const each of document.querySelectorAll('[name="seen"]')) each.value = news.seen;
  editor.dataset.anchor = news.anchor;
  const picture = form.elements.src || form.elements.portrait;
  if (picture) picture.value = news.picture;
  replace("outline-rows", news.outline);
  replace("findings", news.findings);
  document.getElementById("unfinished").textContent = news.todo;
  if (!isDirty) tell("Saved. Readers get none of this until you make it the edition.");
  showProof();
}

function replace(id, html) {
  const old = document.getElementById(id);
  if (old.contains(document.activeElement)) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  old.replaceWith(template.content);
}

// ------------------------------------------------------------------ the preview

const glass = document.getElementById("glass");
let view = "desk";
let coming = null;
let isStale = false;

// A new frame comes behind the old one and takes its place when it is there: nothing flickers,
// and the browser's way back leads to the page before.
function showProof() {
  if (coming) {
    isStale = true;
    return;
  }
  isStale = false;
  const since = lastKey;
  coming = document.createElement("iframe");
  coming.className = "paper coming";
  coming.title = "The draft as its readers would see it";
  coming.setAttribute("sandbox", "");
  coming.referrerPolicy = "no-referrer";
  const query = new URLSearchParams({ view, at: String(Date.now()) });
  coming.src = `${editor.dataset.proof}?${query}#${editor.dataset.anchor}`;
  coming.addEventListener("load", () => {
    for (const old of [...glass.children]) if (old !== coming) old.remove();
    coming.classList.remove("coming");
    coming = null;
    // How long it took since the last key, for whoever measures.
    if (since) glass.dataset.lag = String(Math.round(performance.now() - since));
    if (isStale) showProof();
  });
  glass.append(coming);
}

for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    view = button.dataset.view;
    for (const each of document.querySelectorAll("[data-view]")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    glass.className = `glass ${view}`;
    lastKey = 0;
    showProof();
  });
}

// ------------------------------------------------------------------ going elsewhere

// Whatever leads away waits for what was written last.
async function settle() {
  if (isDirty && !isHeld) await save();
  else if (saving) await saving;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || link.closest(".panes, .ProseMirror") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!isDirty && !saving) return;
  if (isHeld) {
    isDirty = false; // it is in the history
    return;
  }
  event.preventDefault();
  await settle();
  window.location.assign(link.href);
});

document.addEventListener("submit", async (event) => {
  if (event.target === form) {
    isDirty = false;
    clearTimeout(timer);
    return;
  }
  if ((!isDirty && !saving) || isHeld) return;
  event.preventDefault();
  const { submitter } = event;
  await settle();
  event.target.requestSubmit(submitter);
});

window.addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    save();
  }
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const row = document.activeElement?.closest?.("[data-part]");
    if (!row || row.dataset.part === "head") return;
    event.preventDefault();
    move(row.dataset.part, { to: event.key === "ArrowUp" ? "up" : "down" });
  }
});

// ------------------------------------------------------------------ the outline

async function move(part, where) {
  await settle();
  const own = document.createElement("form");
  own.method = "post";
  own.action = editor.dataset.move.replace("PART", part);
  const token = form.elements.csrfmiddlewaretoken.value;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...where })) {
    own.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(own);
  own.submit();
}

const outline = document.getElementById("outline");
let dragged = "";

function rowOf(event) {
  return event.target.closest?.("li[data-part]");
}

outline.addEventListener("dragstart", (event) => {
  const row = rowOf(event);
  if (!row || row.dataset.part === "head") return;
  dragged = row.dataset.part;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", row.textContent.trim());
  row.classList.add("dragged");
});
outline.addEventListener("dragover", (event) => {
  const row = rowOf(event);
  if (!dragged || !row || row.dataset.part === "head") return;
  event.preventDefault();
  for (const each of outline.querySelectorAll(".target, .target-end")) each.classList.remove("target", "target-end");
  row.classList.add(isLowerHalf(row, event) ? "target-end" : "target");
});
outline.addEventListener("drop", (event) => {
  const row = rowOf(event);
  if (!dragged || !row) return;
  event.preventDefault();
  const before = isLowerHalf(row, event) ? row.nextElementSibling : row;
  move(dragged, before ? { before: before.dataset.part } : { to: "end" });
});
outline.addEventListener("dragend", () => {
  dragged = "";
  for (const each of outline.querySelectorAll(".dragged, .target, .target-end")) {
    each.classList.remove("dragged", "target", "target-end");
  }
});

function isLowerHalf(row, event) {
  const { top, height } = row.getBoundingClientRect();
  return event.clientY > top + height / 2;
}

// ------------------------------------------------------------------ beginning

function begin() {
  document.documentElement.classList.add("script");
  for (const field of form.querySelectorAll("textarea[data-prose]")) {
    const made = document.getElementById(`${field.id}_html`);
    if (made) writeProse(field, made.innerHTML);
  }
  form.addEventListener("input", touch);
  for (const choice of form.querySelectorAll('input[type="file"]')) {
    choice.addEventListener("change", () => form.requestSubmit());
  }
  measureCrop(form);
  for (const way of document.querySelectorAll(".panes a")) {
    way.addEventListener("click", (event) => {
      event.preventDefault();
      editor.dataset.pane = way.hash.slice(1);
      for (const each of document.querySelectorAll(".panes a")) each.removeAttribute("aria-current");
      way.setAttribute("aria-current", "true");
    });
  }
}

begin();

// For tests of what becomes of a text on its way through the editor, and of what is pasted.
window.masthead = {
  through: (html) => writeMarkdown(parseHtml(html)),
  paste: (html) => writeMarkdown(parseHtml(cleanPasted(html))),
};
