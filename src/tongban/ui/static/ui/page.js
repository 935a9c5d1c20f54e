// Conveniences over pages that work without script.
// Autosave: a form with data-autosave posts itself two seconds after the last change and says when it was saved.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  let timer;
  const told = document.querySelectorAll("[data-saved]");
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { "X-Autosave": "1" } });
      if (answer.ok) for (const place of told) place.textContent = await answer.clone().text();
    }, 1500);
  });
}
// Print buttons.
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", (e) => { e.preventDefault(); print(); });
// Live boards reload themselves until they are paused.
const board = document.querySelector("[data-refresh]");
if (board) {
  let on = true;
  const button = board.querySelector("[data-pause]");
  button?.addEventListener("click", () => { on = !on; button.setAttribute("aria-pressed", String(!on)); button.querySelector("[data-word]").textContent = on ? button.dataset.on : button.dataset.off; });
  setInterval(() => { if (on && document.visibilityState === "visible") location.reload(); }, Number(board.dataset.refresh) * 1000);
}
// Template opinions fill the text field they name.
for (const chip of document.querySelectorAll("[data-fill]")) chip.addEventListener("click", () => {
  const field = document.getElementById(chip.dataset.fill);
  field.value = chip.textContent.trim(); field.focus();
});
const failed = document.getElementById("errors");
if (failed) failed.focus();
