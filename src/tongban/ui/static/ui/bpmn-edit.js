// The process editor: bpmn-js draws; role, stage, limit and actions of a step are our own extension elements.
const NAMESPACE = {
  name: "Tongban", uri: "https://tongban.org.cn/ns/bpmn/1", prefix: "tb", xml: { tagAlias: "lowerCase" },
  types: [
    { name: "Step", superClass: ["Element"], properties: ["role", "stage", "days", "pauses"].map((name) => ({ name, isAttr: true, type: "String" })) },
    { name: "Action", superClass: ["Element"], properties: ["key", "name", "effect", "reason", "authority", "style", "special"].map((name) => ({ name, isAttr: true, type: "String" })) },
  ],
};
const text = document.getElementById("xml");
const modeler = new BpmnJS({ container: "#modeler", moddleExtensions: { tb: NAMESPACE } });
const fields = document.getElementById("step-fields");
const at = (name) => document.getElementById(`s-${name}`);
let chosen = null;

const parts = (element) => element.businessObject.extensionElements?.values ?? [];
const step = (element) => parts(element).find((p) => p.$type === "tb:Step");

modeler.importXML(text.value).then(() => modeler.get("canvas").zoom("fit-viewport", "auto"));
modeler.on("selection.changed", ({ newSelection }) => {
  const element = newSelection[0];
  chosen = element && /Task$/.test(element.type) ? element : null;
  fields.disabled = !chosen;
  document.getElementById("step-none").hidden = Boolean(chosen);
  if (!chosen) return;
  const told = step(chosen) ?? {};
  for (const name of ["role", "stage", "days"]) at(name).value = told[name] ?? "";
  at("actions").value = parts(chosen).filter((p) => p.$type === "tb:Action").map((a) => [a.key, a.name, a.effect].join(", ")).join("\n");
});
fields.addEventListener("change", () => {
  if (!chosen) return;
  const moddle = modeler.get("moddle");
  const before = parts(chosen);
  const known = Object.fromEntries(before.filter((p) => p.$type === "tb:Action").map((a) => [a.key, a]));
  const told = { pauses: step(chosen)?.pauses };
  for (const name of ["role", "stage", "days"]) if (at(name).value) told[name] = at(name).value;
  const actions = at("actions").value.split("\n").map((line) => line.split(",").map((w) => w.trim())).filter((a) => a[0]);
  const values = [
    moddle.create("tb:Step", told),
    ...actions.map(([key, name, effect]) => moddle.create("tb:Action", { ...(known[key]?.$attrs ?? {}), reason: known[key]?.reason, authority: known[key]?.authority, style: known[key]?.style, special: known[key]?.special, key, name, effect })),
    ...before.filter((p) => !["tb:Step", "tb:Action"].includes(p.$type)),
  ];
  modeler.get("modeling").updateProperties(chosen, { extensionElements: moddle.create("bpmn:ExtensionElements", { values }) });
});
// A changed drawing replaces the text; a text that was edited by hand is saved as it is.
modeler.on("commandStack.changed", async () => { text.value = (await modeler.saveXML({ format: true })).xml; });
