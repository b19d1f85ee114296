// Does the work that the form asks for (ALTCHA's proof of work, version 2): it looks for the
// number whose key, derived by PBKDF2, begins as the challenge says. It starts when somebody
// begins to fill in the form. Without it the form is sent all the same, and the answer is slower.
"use strict";

const toBytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const MOST_TRIES = 10000;

async function derive(parameters, counter) {
  const nonce = toBytes(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: toBytes(parameters.salt),
    iterations: parameters.cost,
  };
  return toHex(new Uint8Array(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8)));
}

async function solve(url) {
  const challenge = await (await fetch(url, { credentials: "omit" })).json();
  for (let counter = 0; counter < MOST_TRIES; counter += 1) {
    const derivedKey = await derive(challenge.parameters, counter);
    if (derivedKey.startsWith(challenge.parameters.keyPrefix)) {
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
    }
  }
  return "";
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  const field = form.elements.namedItem("altcha");
  const button = form.querySelector("button");
  let work = null;
  const begin = () => {
    // A page that is not on HTTPS has no crypto.subtle.
    work ??= solve(form.dataset.challenge).catch(() => "");
    return work;
  };
  form.addEventListener("focusin", begin, { once: true });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    button.textContent = button.dataset.busy;
    field.value = await begin();
    form.submit();
  });
  // Coming back to the page finds it as it was, with new work to do.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
