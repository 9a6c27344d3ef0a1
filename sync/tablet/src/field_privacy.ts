// On a tablet that goes from hand to hand, no field may be remembered, suggested, corrected or translated by a service.

import { all, controls } from "./elements";

const OFF: Readonly<Record<string, string>> = {
  autocomplete: "off",
  autocorrect: "off",
  autocapitalize: "off",
  spellcheck: "false",
  writingsuggestions: "false",
  // Password managers: LastPass, 1Password, Bitwarden, Dashlane.
  "data-lpignore": "true",
  "data-1p-ignore": "",
  "data-bwignore": "true",
  "data-form-type": "other",
};

/** Switches all of it off for what `root` holds, and for what its templates will. */
export function keepFieldsPrivate(root: ParentNode): void {
  for (const control of controls(root)) for (const [name, value] of Object.entries(OFF)) control.setAttribute(name, value);
  for (const form of all(root, "form")) form.setAttribute("autocomplete", "off");
  for (const template of Array.from(root.querySelectorAll("template"))) keepFieldsPrivate(template.content);
}

/** Keeps the browser from offering to send the page to a translator. */
export function keepPagePrivate(): void {
  document.documentElement.setAttribute("translate", "no");
  const meta = document.createElement("meta");
  meta.name = "google";
  meta.content = "notranslate";
  document.head.append(meta);
}
