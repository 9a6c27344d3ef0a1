// What is wrong with an answer, said beside the field and in the summary.

import type { AnswerFault } from "./answers";
import { optionsOf, type Question, type Questionnaire, textIn } from "./definition";
import { all, called, controls, focusOn, make, questionElement } from "./elements";
import type { Say, Word } from "./words";

/** The question (statement's matrix, cell's column) that a place belongs to. */
export function questionAt(questionnaire: Questionnaire, place: string): Question | undefined {
  const [first, , third] = place.split("/");
  const question = questionnaire.sections.flatMap((section) => [...section.questions]).find((one) => one.id === first);
  const inner = question?.kind === "table" ? question.columns : question?.kind === "group" ? question.questions : undefined;
  return inner?.find((one) => one.id === third) ?? question;
}

/** The words for one fault. `typed`: what stands in its field now. */
export function message(fault: AnswerFault, question: Question | undefined, language: string, say: Say, typed = ""): string {
  const { code, params } = fault;
  const free = question?.kind === "short_text" || question?.kind === "long_text";
  const moment = question?.kind === "date" || question?.kind === "time";
  switch (code) {
    case "required":
      return say(free ? "error_required_text" : "error_required");
    case "constraint": {
      const constraint = question?.constraints?.[Number(params["index"])];
      return (constraint && textIn(constraint.message, language)) || say("error_constraint");
    }
    case "too-many-exclusive": {
      const exclusive = question ? optionsOf(question).find((option) => option.exclusive) : undefined;
      return say("error_too_many_exclusive", { option: exclusive ? textIn(exclusive.text, language) : "" });
    }
    case "out-of-bounds":
      if (!moment) return say("error_out_of_bounds", params);
      return say(!question.latest ? "error_earliest" : !question.earliest ? "error_latest" : "error_out_of_bounds_date", {
        minimum: momentText(question.earliest ?? "", language),
        maximum: momentText(question.latest ?? "", language),
      });
    case "decimals":
      return say(params["decimals"] ? "error_decimals" : "error_decimals_0", params);
    case "too-long":
      return say("error_too_long", { over: Math.max(1, typed.trim().length - Number(params["maximum"])) });
    case "wrong-type":
      return say("error_wrong_type", { example: "12" });
    case "not-a-date":
    case "not-a-time":
    case "too-few":
    case "too-many":
    case "no-consent":
      return say(`error_${code.replace(/-/g, "_")}` as Word, params);
    default:
      return say("error_unknown_option");
  }
}

/** A day as people write it; a time as it is. */
function momentText(value: string, language: string): string {
  if (!/^\d{4}-/.test(value)) return value;
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${value}T00:00:00Z`));
}

/** Takes away every message beside a field, and the summary. */
export function clearFaults(form: HTMLFormElement): void {
  for (const one of all(form, ".form-error-message")) one.hidden = true;
  for (const one of all(form, ".form-error")) one.classList.remove("form-error");
  for (const one of all(form, "[aria-invalid]")) one.removeAttribute("aria-invalid");
  called("error-summary").hidden = true;
}

/** Shows the faults (their places as the page names them) and moves focus to the summary. `go` brings one to a question. */
export function showFaults(faults: readonly { place: string; text: string }[], say: Say, go: (question: HTMLElement) => void): void {
  const summary = called("error-summary");
  const items = faults.map(({ place, text }) => {
    const question = questionElement(place);
    if (question) mark(question, text);
    const link = make("a", { href: `#${question?.id || "main"}` }, [question ? labelOf(question) : "", text].filter(Boolean).join(" – "));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (question) go(question);
    });
    return make("li", {}, link);
  });
  called("error-summary-title").textContent = say("summary_title");
  summary.querySelector("ul")?.replaceChildren(...items);
  summary.hidden = items.length === 0;
  if (items.length > 0) {
    focusOn(summary);
    summary.scrollIntoView({ block: "start" });
  }
}

/** Takes the message away from a question that is being answered, and from the summary. */
export function forgive(question: HTMLElement): void {
  const slot = document.getElementById(`error-${question.dataset["question"]}`);
  if (!slot || slot.hidden) return;
  slot.hidden = true;
  question.classList.remove("form-error");
  for (const control of controls(question)) control.removeAttribute("aria-invalid");
  const summary = called("error-summary");
  for (const link of Array.from(summary.querySelectorAll("a"))) if (link.hash.slice(1) === question.id) link.parentElement?.remove();
  summary.hidden = !summary.querySelector("li");
}

function mark(question: HTMLElement, text: string): void {
  const slot = document.getElementById(`error-${question.dataset["question"]}`);
  if (!slot) return;
  slot.textContent = text;
  slot.hidden = false;
  question.classList.add("form-error");
  for (const control of controls(question)) if (control.closest("[data-question]") === question) control.setAttribute("aria-invalid", "true");
}

/** The first words of a question, for the summary. */
function labelOf(question: HTMLElement): string {
  const label = question.querySelector(".question-text, .statement-text");
  const copy = label?.cloneNode(true) as HTMLElement | undefined;
  copy?.querySelector(".required-mark")?.remove();
  const text = (copy?.textContent ?? question.dataset["label"] ?? "").trim().replace(/\s+/g, " ");
  return text.length > 70 ? `${text.slice(0, 68).replace(/\s\S*$/, "")} …` : text;
}

/** Focus for the first control of a question, or the one that is chosen. */
export function focusQuestion(question: HTMLElement): void {
  const inside = controls(question);
  const first = inside.find((control) => control instanceof HTMLInputElement && control.checked) ?? inside[0];
  (first ?? question).focus();
  question.scrollIntoView({ block: "center" });
}
