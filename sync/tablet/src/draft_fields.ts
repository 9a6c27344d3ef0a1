// Between the form's fields and what a draft keeps of them.

import { controls } from "./elements";
import { fieldsOf } from "./form_fields";
import type { RepeatingGroup } from "./repetitions";

export type KeptFields = readonly (readonly [string, string])[];

/** The fields that are filled in, as (name, value). */
export function filledFields(form: HTMLFormElement): [string, string][] {
  return [...fieldsOf(form)].flatMap(([name, values]) => values.filter(Boolean).map((value): [string, string] => [name, value]));
}

/** Fills the form as `kept` says and empties the rest of it. */
export function fillForm(form: HTMLFormElement, groups: readonly RepeatingGroup[], kept: KeptFields): void {
  const fields = new Map<string, string[]>();
  for (const [name, value] of kept) fields.set(name, [...(fields.get(name) ?? []), value]);
  for (const group of groups) {
    const indices = [...fields.keys()].filter((name) => name.startsWith(`${group.place}/`)).map((name) => Number(name.split("/")[1]));
    group.grow(Math.max(0, ...indices.map((index) => index + 1)));
  }
  for (const control of controls(form)) {
    const values = fields.get(control.name) ?? [];
    if (control instanceof HTMLInputElement && /radio|checkbox/.test(control.type)) control.checked = values.includes(control.value);
    else control.value = values.find((value) => !value.startsWith("~") || control instanceof HTMLSelectElement) ?? "";
  }
}
