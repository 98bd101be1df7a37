// Passkeys (Web Authentication): one is used to sign in, or made. What needs
// them is in the page but hidden, and only appears where the browser can. The
// oldest browsers that are served have no JSON forms of these functions, so
// bytes and base64url are turned into each other here.
"use strict";
if (window.PublicKeyCredential && navigator.credentials) {
  // A challenge lives for five minutes, a person may sit before the page for longer.
  const RENEW_MS = 240000;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const ask = async (form) => {
    const body = new URLSearchParams();
    for (const name of ["csrf", "request"]) {
      const field = form.elements.namedItem(name);
      if (field) body.set(name, field.value);
    }
    const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      // The sign-in is too old for this: the page itself leads to a new one.
      location.reload();
      return new Promise(() => {});
    }
    if (!answer.ok) throw new Error(`no options: ${answer.status}`);
    const options = await answer.json();
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const known of [...(options.allowCredentials || []), ...(options.excludeCredentials || [])]) {
      known.id = toBytes(known.id);
    }
    return options;
  };

  const send = (form, credential) => {
    if (!credential) throw new Error("no credential");
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = toText(credential.response[part]);
    }
    const { id, type } = credential;
    form.elements.namedItem("credential").value = JSON.stringify({ id, rawId: toText(credential.rawId), type, response });
    const box = document.querySelector('input[type="checkbox"][name="shared"]');
    const copy = form.elements.namedItem("shared");
    if (box && copy) copy.value = box.checked ? "on" : "";
    // A form of its own, so that the answer may lead to another site; called on the prototype, which asks no listener.
    HTMLFormElement.prototype.submit.call(form);
  };

  const words = (form, error) => {
    const { cancelled, known, unable, failed } = form.dataset;
    switch (error.name) {
      // Browsers do not tell a cancelled request from a device that knows no passkey: nobody is to find out.
      case "NotAllowedError": return cancelled;
      case "InvalidStateError": return known || failed;
      case "NotSupportedError":
      case "ConstraintError": return unable || failed;
      default: return failed;
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const adding = form.dataset.passkey === "add";
    const message = form.querySelector("[data-passkey-message]");
    const field = adding ? null : document.querySelector('input[autocomplete~="webauthn"]');
    let waiting = null;
    let renewal = 0;
    let busy = false;

    const tell = (text) => {
      message.querySelector("span").textContent = text;
      message.hidden = !text;
    };
    const stop = () => {
      clearTimeout(renewal);
      if (waiting) waiting.abort();
      waiting = null;
    };
    // Passkeys among the names that the browser offers for the field, where it can.
    const offer = async () => {
      stop();
      const mine = new AbortController();
      waiting = mine;
      try {
        const can = field && PublicKeyCredential.isConditionalMediationAvailable;
        if (!can || !(await PublicKeyCredential.isConditionalMediationAvailable())) return;
        const publicKey = await ask(form);
        if (mine.signal.aborted) return;
        renewal = setTimeout(offer, RENEW_MS);
        send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal }));
      } catch (error) {
        // Nobody asked for it: the name and the button are still there.
      }
    };

    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      tell("");
      // Browsers take one request at a time.
      stop();
      try {
        const publicKey = await ask(form);
        const credentials = navigator.credentials;
        send(form, await (adding ? credentials.create({ publicKey }) : credentials.get({ publicKey })));
      } catch (error) {
        tell(words(form, error));
        busy = false;
        offer();
      }
    });
    window.addEventListener("pageshow", (event) => {
      // Somebody came back to the page as it was left.
      if (!event.persisted) return;
      busy = false;
      offer();
    });
    offer();
  }
  for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
}
