// What shows of the form: the pages that conditions leave, and of the current page its questions alone.

import { check, type Checked, mustBeAnswered } from "./answers";
import type { Questionnaire } from "./definition";
import { all, called, controls, make } from "./elements";
import { questionAt } from "./faults";
import { type Answers, fieldsOf, fromForm, repetitions } from "./form_fields";
import { shows, visible } from "./logic";
import { type Page, pagesOf } from "./pages";
import type { RepeatingGroup } from "./repetitions";
import type { Say } from "./words";

const NARROW = "(max-width: 43.99em)";

/** The buttons that bring a person from page to page. */
export interface Bar {
  readonly back: HTMLButtonElement;
  readonly next: HTMLButtonElement;
  readonly send: HTMLButtonElement;
}

export class Showing {
  pages: Page[] = [];
  /** The id of the current page. */
  current = "";
  private readonly narrow = window.matchMedia(NARROW);
  private readonly progress = called("progress");

  /** `groups` may grow until the first `draw`. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly questionnaire: Questionnaire,
    private readonly groups: readonly RepeatingGroup[],
    private readonly bar: Bar,
    private readonly say: Say,
  ) {}

  /** Puts the bar and the progress on the page. */
  begin(): void {
    this.bar.send.before(this.bar.back, this.bar.next);
    this.progress.append(make("p"), make("progress"));
    this.progress.querySelector("progress")?.setAttribute("aria-hidden", "true");
    this.narrow.addEventListener("change", () => this.draw());
  }

  /** The answers as they stand, checked; places count repetitions as they will be sent. */
  checked(): Checked {
    const units = new Set(all(this.form, "[data-kind=unit] option").map((option) => (option as HTMLOptionElement).value).filter(Boolean));
    return check(this.questionnaire, fromForm(this.questionnaire, fieldsOf(this.form)), units);
  }

  /** Conditions, marks and pages anew, after any change. */
  draw(): void {
    const fields = fieldsOf(this.form);
    const answers = fromForm(this.questionnaire, fields);
    const view = visible(this.questionnaire, answers);
    // Inside a group the empty repetitions count too, in the order in which they stand on the page.
    const asShown: Answers = { ...answers };
    for (const group of this.groups) {
      const question = questionAt(this.questionnaire, group.place);
      if (!question) continue;
      const filled = new Map(repetitions(question, group.place, fields));
      asShown[question.id] = group.items.map((_, index) => filled.get(index) ?? {});
    }
    const inside = visible(this.questionnaire, asShown);
    const shown = (place: string): boolean => shows(view, place.split("/")[0] ?? "") && shows(inside, place);
    for (const element of all(this.form, "[data-question]")) {
      const place = element.dataset["question"] ?? "";
      element.hidden = !shown(place);
      const question = questionAt(this.questionnaire, place);
      const mark = element.querySelector<HTMLElement>(":scope > .question-text > .required-mark");
      if (mark && question) {
        const env = inside.scopes.get(place.split("/").slice(0, 2).join("/")) ?? view.environment;
        mark.hidden = !mustBeAnswered(question, env);
      }
      const clear = element.querySelector<HTMLElement>(":scope > .clear-answer");
      clear?.toggleAttribute("data-unused", !controls(element).some((control) => (control as HTMLInputElement).checked));
    }
    this.pages = pagesOf(this.form, this.narrow.matches, shown, view.hiddenSections);
    this.layOut();
  }

  /** Makes `id`, or what stands in its place, the current page. */
  turnTo(id: string): void {
    this.current = id;
    this.current = this.page?.id ?? id;
    this.draw();
  }

  /** The current page. */
  get page(): Page | undefined {
    return this.pages[Math.max(0, this.index())];
  }

  /** Where the current page stands among all of them, from 0; below 0 when it has gone with everything before it. */
  index(): number {
    const exact = this.pages.findIndex((page) => page.id === this.current);
    if (exact >= 0) return exact;
    // The page was split, joined or has gone: the first of its section, else the one before it.
    const section = this.current.split(":")[0] ?? "";
    const same = this.pages.findIndex((page) => page.section.dataset["section"] === section);
    if (same >= 0) return same;
    const order = this.questionnaire.sections.map((one) => one.id);
    return this.pages.filter((page) => order.indexOf(page.section.dataset["section"] ?? "") < order.indexOf(section)).length - 1;
  }

  /** The page that holds `element`. */
  pageOf(element: HTMLElement): Page | undefined {
    return (
      this.pages.find((page) => page.statement?.element.contains(element)) ??
      this.pages.find((page) => !page.statement && page.questions.some((question) => question.contains(element))) ??
      this.pages.find((page) => page.section.contains(element))
    );
  }

  /** A place with its repetition counted as on the page, where empty ones stand between. */
  placeOnPage(place: string): string {
    const [first = "", index = "", ...rest] = place.split("/");
    const question = questionAt(this.questionnaire, first);
    if (question?.kind !== "group" || index === "") return place;
    const found = repetitions(question, first, fieldsOf(this.form))[Number(index)];
    return [first, String(found?.[0] ?? index), ...rest].join("/");
  }

  /** Shows the current page and nothing else. */
  private layOut(): void {
    const index = Math.max(0, this.index());
    const page = this.pages[index];
    if (!page) return;
    for (const section of all(this.form, ".question-section")) section.hidden = section !== page.section;
    for (const element of all(page.section, ":scope > [data-question]")) {
      if (!page.questions.includes(element)) element.hidden = true;
    }
    for (const element of all(page.section, ":scope > .section-intro")) element.hidden = !page.first;
    for (const statement of all(page.section, ".statement")) {
      const one = page.statement;
      statement.hidden = one !== undefined && one.element !== statement;
      statement.querySelector(".statement-number")?.remove();
      if (one?.element === statement) {
        const words = this.say("statement", { n: one.n, total: one.total });
        statement.querySelector("legend")?.after(make("p", { className: "statement-number" }, words));
      }
    }
    this.bar.back.toggleAttribute("data-unused", index === 0);
    const last = index === this.pages.length - 1;
    this.bar.next.hidden = last;
    this.bar.send.hidden = !last;
    document.body.dataset["page"] = String(index);
    this.progress.hidden = index === 0;
    const words = this.progress.querySelector("p");
    const bar = this.progress.querySelector("progress");
    if (words) words.textContent = this.say("progress", { page: index + 1, pages: this.pages.length });
    if (bar) [bar.max, bar.value] = [this.pages.length, index + 1];
  }
}
