// The desk in a browser with script: tables that sort, and keys. Everything works without it too.

import { copyOn } from "./copying";
import { followChoices } from "./dependent_fields";
import { narrowList } from "./narrowed_list";
import { offerPrinting, offerShowing } from "./password_showing";
import { offerShortcuts } from "./shortcuts";
import { makeSortable } from "./table_sorting";
import { followBatch, offerUploads } from "./uploads";

offerShowing(document);
offerPrinting(document);

for (const table of Array.from(document.querySelectorAll<HTMLTableElement>("table[data-sortable]"))) {
  makeSortable(table, document.documentElement.lang);
}

for (const button of Array.from(document.querySelectorAll<HTMLButtonElement>("button[data-copies]"))) copyOn(button);

for (const form of Array.from(document.querySelectorAll<HTMLFormElement>("form.setup"))) {
  followChoices(form);
}

for (const field of Array.from(document.querySelectorAll<HTMLInputElement>("input[data-narrows]"))) {
  narrowList(field);
  for (const button of Array.from(document.querySelectorAll<HTMLElement>("[data-without-script]"))) button.hidden = true;
}

for (const form of Array.from(document.querySelectorAll<HTMLFormElement>("form[data-uploads]"))) offerUploads(form);
for (const batch of Array.from(document.querySelectorAll<HTMLElement>("[data-batch]"))) followBatch(batch);

const help = document.getElementById("shortcuts");
const opener = document.getElementById("show-shortcuts");
// Browsers older than the dialog element get no keys: there would be no place that lists them.
if (typeof HTMLDialogElement === "function" && help instanceof HTMLDialogElement && opener instanceof HTMLButtonElement) {
  offerShortcuts(help, opener);
}
