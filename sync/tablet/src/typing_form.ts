// The form of the page on which sheets are typed: its stops, what stands in them, what is written there.

import { all, controls, make } from "./elements";
import { find } from "./personal_data";
import { type Stop, keyOf } from "./typing_keys";
import type { Sheet } from "./typing_outbox";
import type { Fields } from "./two_keyings";

const OWN_FIELD = /^~/;

/** Every place at which something is typed, in the order of the sheet: the innermost questions, statements and cells. */
export function stopsOf(form: HTMLFormElement): HTMLElement[] {
  return all(form, "[data-question]").filter((one) => !one.querySelector("[data-question]") && controls(one).length > 0);
}

export function kindOf(stop: HTMLElement): Stop {
  if (stop.matches("button")) return "send";
  const field = writing(stop);
  if (!field) return stop.querySelector("input[type=checkbox]") && !stop.querySelector("input[type=radio]") ? "several" : "one";
  if (field instanceof HTMLTextAreaElement) return "text";
  const kind = stop.dataset["kind"] ?? "";
  return ["number", "count", "duration"].includes(kind) ? "number" : "field";
}

type Writing = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The field to write in, of a stop that has one. */
export function writing(stop: HTMLElement): Writing | null {
  return stop.querySelector<Writing>("textarea, select, input:not([type=radio], [type=checkbox], [type=hidden])");
}

/** The boxes of the options, without "don't know" and "not relevant". */
export function options(stop: HTMLElement): HTMLInputElement[] {
  return Array.from(stop.querySelectorAll<HTMLInputElement>("input[type=radio], input[type=checkbox]")).filter(
    (one) => !OWN_FIELD.test(one.value),
  );
}

/** The box of a missing state, where it is offered. */
export function missing(stop: HTMLElement, state: "~dont_know" | "~not_relevant"): HTMLInputElement | null {
  return stop.querySelector<HTMLInputElement>(`input[value="${state}"]`);
}

/** Tick a box: alone where it is one of several or a missing state, else with the others. A ticked box of several is cleared. */
export function tick(stop: HTMLElement, box: HTMLInputElement): void {
  const alone = box.type === "radio" || OWN_FIELD.test(box.value) || box.dataset["exclusive"] !== undefined;
  const before = box.checked;
  const boxes = controls(stop).filter((one): one is HTMLInputElement => one instanceof HTMLInputElement && /^(radio|checkbox)$/.test(one.type));
  for (const one of boxes) {
    const excludes = OWN_FIELD.test(one.value) || one.dataset["exclusive"] !== undefined;
    if (one !== box && (alone || excludes)) one.checked = false;
  }
  box.checked = box.type === "radio" ? true : !before;
  const field = writing(stop);
  if (field && OWN_FIELD.test(box.value)) field.value = "";
}

export function clear(stop: HTMLElement): void {
  for (const control of controls(stop)) {
    if (control instanceof HTMLInputElement && /^(radio|checkbox)$/.test(control.type)) control.checked = false;
    else control.value = "";
  }
}

export function isBlank(stop: HTMLElement): boolean {
  return controls(stop).every((one) => (one instanceof HTMLInputElement && /^(radio|checkbox)$/.test(one.type) ? !one.checked : one.value.trim() === ""));
}

/** Whether the server can have nothing to say to what stands here: ticks, and words without a CPR number. */
export function isSure(stop: HTMLElement): boolean {
  if (isBlank(stop)) return true;
  const kind = kindOf(stop);
  if (kind === "text") return find(writing(stop)?.value ?? "").every((one) => one.kind !== "cpr");
  return kind === "one" || kind === "several";
}

/** The form as it is sent. */
export function entriesOf(form: HTMLFormElement): Sheet {
  return [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
}

/** Make the form what it was when it was sent. */
export function refill(form: HTMLFormElement, sheet: Sheet): void {
  const found = new Map<string, string[]>();
  for (const [name, value] of sheet) found.set(name, [...(found.get(name) ?? []), value]);
  for (const control of controls(form)) {
    const values = found.get(control.name) ?? [];
    if (control instanceof HTMLInputElement && /^(radio|checkbox)$/.test(control.type)) control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
  }
  const key = form.querySelector<HTMLInputElement>('input[name="~key"]');
  if (key) key.value = found.get("~key")?.[0] ?? key.value;
}

/** What is filled in, by the names of the fields; the page's own fields are not among them. */
export function fieldsOf(form: HTMLFormElement): Fields {
  const found = new Map<string, string[]>();
  for (const [name, value] of new FormData(form)) {
    if (OWN_FIELD.test(name) || typeof value !== "string" || value.trim() === "") continue;
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

/** What the values of a field say to a person: the options' own words. */
export function inWords(stop: HTMLElement, name: string, fields: Fields, blank: string): string {
  const values = fields.get(name) ?? [];
  if (values.length === 0) return blank;
  return values
    .map((value) => {
      const box = controls(stop).find((one) => one instanceof HTMLInputElement && one.value === value && /^(radio|checkbox)$/.test(one.type));
      const label = box?.closest("label")?.querySelector("span")?.textContent?.trim();
      return label || value;
    })
    .join("; ");
}

/** Write each option's key before it. */
export function showKeys(stop: HTMLElement): void {
  const badge = (box: HTMLInputElement | null, key: string): void => {
    if (box && key) box.closest("label")?.prepend(make("kbd", { className: "typing-key", ariaHidden: "true" }, key));
  };
  if (writing(stop)) return;
  options(stop).forEach((box, index) => badge(box, keyOf(index)));
  badge(missing(stop, "~dont_know"), "-");
  badge(missing(stop, "~not_relevant"), "*");
}
