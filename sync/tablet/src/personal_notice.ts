// Personal data in free text: what is said about it before sending, and how it is taken out.

import type { Checked } from "./answers";
import { questionElement } from "./elements";
import { CPR_MASK, find, type Finding, replace } from "./personal_data";
import type { Say } from "./words";

export interface PersonalNotice {
  /** What to tell, one sentence for each finding. */
  readonly texts: readonly string[];
  /** The first question that it stands in. */
  readonly question: HTMLElement;
  readonly takeOut: () => void;
}

/** The notice for checked answers, or null when there is nothing to tell. `onPage`: an answer's place to the page's. */
export function lookForPersonalData(checked: Checked, onPage: (place: string) => string, say: Say): PersonalNotice | null {
  const found = checked.texts
    .map(({ place, text, question }) => ({
      text,
      place: onPage(place),
      // A question that asks for a telephone number is not told off for getting one. A CPR number never belongs here.
      matters: (one: Finding) => one.kind === "cpr" || !question.personal,
    }))
    .map((one) => ({ ...one, findings: find(one.text).filter(one.matters) }))
    .filter((one) => one.findings.length > 0);
  const question = found[0] && questionElement(found[0].place);
  if (!question) return null;
  return {
    texts: found.flatMap(({ text, findings }) => findings.map(({ kind, start, end }) => say(`personal_${kind}`, { text: text.slice(start, end) }))),
    question,
    takeOut: () => {
      for (const { place, matters } of found) {
        const field = document.getElementById(`f-${place}`) as HTMLInputElement | HTMLTextAreaElement | null;
        // In the field the text stands as typed, so it is looked through again.
        if (field) field.value = replace(field.value, find(field.value).filter(matters), ({ kind }) => (kind === "cpr" ? CPR_MASK : "████"));
      }
    },
  };
}
