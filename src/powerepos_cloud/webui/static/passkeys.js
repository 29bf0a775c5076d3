// The passkey ceremony is the one thing that needs a script: the browser's answer goes into the form, and the form is sent.
const canDo = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!canDo) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const options = JSON.parse(form.elements.options.value);
    const fault = form.querySelector("[data-fault]");
    fault.hidden = true;
    try {
      const credential =
        form.dataset.passkey === "make"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      fault.hidden = false;
    }
  });
}
