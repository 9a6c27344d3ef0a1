// What choosing one answer does to the others of its question, and taking a choice back.

import { all, controls, make } from "./elements";
import type { Say } from "./words";

/** What excludes each other in one question: exclusive options, the missing states, and a field's text. */
export function settle(target: HTMLElement): void {
  const question = target.closest<HTMLElement>("[data-question]");
  if (!question || (target instanceof HTMLInputElement && target.type === "radio")) return;
  const others = controls(question).filter((control) => control !== target);
  const isMissing = (control: Element): boolean => control instanceof HTMLInputElement && control.type === "checkbox" && control.value.startsWith("~");
  if (target instanceof HTMLInputElement && target.type === "checkbox") {
    if (!target.checked) return;
    const alone = isMissing(target) || "exclusive" in target.dataset;
    for (const other of others) {
      if (!(other instanceof HTMLInputElement) || other.type !== "checkbox") other.value = "";
      else if (alone || isMissing(other) || "exclusive" in other.dataset) other.checked = false;
    }
  } else {
    for (const other of others) if (isMissing(other)) (other as HTMLInputElement).checked = false;
  }
}

/** A button under every single choice that takes it back; `changed` is called after it did. */
export function addClearButtons(form: HTMLFormElement, say: Say, changed: () => void): void {
  const add = (root: ParentNode): void => {
    for (const question of all(root, "fieldset.question, fieldset.statement")) {
      if (!question.querySelector(":scope > .options input[type=radio]")) continue;
      // A delegated click: repetitions are cloned from the template, listeners are not.
      question.append(make("button", { type: "button", className: "clear-answer" }, say("clear")));
    }
  };
  add(form);
  for (const template of Array.from(form.querySelectorAll("template"))) add(template.content);
  form.addEventListener("click", (event) => {
    const question = (event.target as Element).closest(".clear-answer")?.closest<HTMLElement>("[data-question]");
    if (!question) return;
    const inputs = controls(question) as HTMLInputElement[];
    for (const input of inputs) input.checked = false;
    inputs[0]?.focus();
    changed();
  });
}
