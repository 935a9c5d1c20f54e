// Large files go part by part: only what has not come yet, each part tried again when the line breaks.
const TRIES = 5;
const wait = (seconds) => new Promise((go) => setTimeout(go, seconds * 1000));

async function send(address, token, body) {
  for (let tried = 1; ; tried++) {
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token } });
    } catch (broken) {
      if (tried === TRIES) throw broken;
      await wait(2 ** tried);
      continue;
    }
    if (answer.ok) return answer.json();
    if (answer.status < 500 && answer.status !== 429 || tried === TRIES) throw new Error((await answer.json().catch(() => ({}))).words || answer.statusText);
    await wait(2 ** tried);
  }
}

for (const form of document.querySelectorAll("form[data-parts]")) form.addEventListener("submit", async (event) => {
  const file = form.elements.file.files[0];
  if (!file || file.size <= Number(form.dataset.whole) || /\.xlsx$/i.test(file.name)) return;
  event.preventDefault();
  const token = form.elements.csrfmiddlewaretoken.value, going = form.querySelector("[data-going]"), trouble = form.querySelector("[data-trouble]");
  const bar = going.querySelector("progress"), word = going.querySelector("[data-word]"), button = form.querySelector("button[value=file]");
  trouble.hidden = true; going.hidden = false; button.disabled = true;
  try {
    const told = new URLSearchParams({ name: file.name, size: file.size, partly: form.elements.partly.checked ? "yes" : "" });
    const begun = await send(form.dataset.parts, token, told), parts = Math.ceil(file.size / begun.part_bytes);
    const show = (left) => { bar.value = (parts - left) / parts; word.textContent = `${word.dataset.word} ${Math.floor(100 * bar.value)} %`; };
    show(begun.lacking.length);
    for (const [n, part] of begun.lacking.entries()) {
      await send(`${form.dataset.parts}${begun.upload}/${part}/`, token, file.slice(part * begun.part_bytes, (part + 1) * begun.part_bytes));
      show(begun.lacking.length - n - 1);
    }
    await send(`${form.dataset.parts}${begun.upload}/done/`, token, "");
    location.reload();
  } catch (fault) {
    trouble.querySelector("p").textContent = fault.message; trouble.hidden = false; button.disabled = false;
  }
});
