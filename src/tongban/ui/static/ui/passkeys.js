// Passkeys: ask the server for options, let the browser answer, send the answer. Pages work without this by code or password.
"use strict";
(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

  async function post(address, body) {
    const answer = await fetch(address, {
      method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": token(), "Content-Type": "application/json" }, body: JSON.stringify(body || {}),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.fault || answer.statusText);
    return told;
  }

  function decoded(options) {
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const name of ["allowCredentials", "excludeCredentials"])
      for (const one of options[name] || []) one.id = toBytes(one.id);
    return options;
  }

  function encoded(made) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[name]) response[name] = toText(made.response[name]);
    return { id: made.id, rawId: toText(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults() };
  }

  async function go(place) {
    const fault = place.querySelector("[data-passkey-fault]");
    fault.hidden = true;
    try {
      const kind = place.dataset.passkey;
      const options = (await post(place.dataset.options)).publicKey;
      const made = await navigator.credentials[kind]({ publicKey: decoded(options) });
      const name = place.querySelector("[name=name]");
      const address = place.dataset.answer + (name ? "?name=" + encodeURIComponent(name.value) : "");
      window.location = (await post(address, encoded(made))).next;
    } catch (problem) {
      fault.textContent = problem.message;
      fault.hidden = false;
    }
  }

  for (const place of document.querySelectorAll("[data-passkey]")) {
    if (!window.PublicKeyCredential) place.hidden = true;
    place.querySelector("[data-passkey-go]").addEventListener("click", () => go(place));
  }
})();
