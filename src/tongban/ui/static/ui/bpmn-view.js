// Draws the process of a page: <div class="tb-canvas" data-bpmn="address" data-here="step,…" data-past="step,…">.
for (const box of document.querySelectorAll("[data-bpmn]")) {
  const viewer = new BpmnJS({ container: box });
  fetch(box.dataset.bpmn)
    .then((answer) => answer.text())
    .then((xml) => viewer.importXML(xml))
    .then(() => {
      const canvas = viewer.get("canvas");
      for (const [list, mark] of [[box.dataset.past, "tb-past"], [box.dataset.here, "tb-here"]])
        for (const step of (list || "").split(",")) if (step && viewer.get("elementRegistry").get(step)) canvas.addMarker(step, mark);
      canvas.zoom("fit-viewport", "auto");
    });
}
