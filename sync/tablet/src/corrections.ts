// What is wrong with the answers, said on the page where it is, and the way to it.

import type { Checked } from "./answers";
import type { Questionnaire } from "./definition";
import { all } from "./elements";
import { clearFaults, focusQuestion, message, questionAt, showFaults } from "./faults";
import type { Invitation } from "./invitation";
import type { Showing } from "./showing";
import type { Say } from "./words";

export interface Wrong {
  readonly place: string;
  readonly text: string;
}

export class Corrections {
  /** `goTo` shows a page as a step of its own. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly questionnaire: Questionnaire,
    private readonly language: string,
    private readonly say: Say,
    private readonly showing: Showing,
    private readonly invitation: Invitation | null,
    private readonly goTo: (page: string) => void,
  ) {}

  /** Everything that is wrong, in the order of the page. */
  of(checked: Checked): Wrong[] {
    const code = this.invitation?.fault();
    const answers = checked.faults.map((fault) => {
      const place = this.showing.placeOnPage(fault.place);
      const typed = (document.getElementById(`f-${place}`) as HTMLInputElement | null)?.value ?? "";
      return { place, text: message(fault, questionAt(this.questionnaire, place), this.language, this.say, typed) };
    });
    return code ? [code, ...answers] : answers;
  }

  /** What is wrong on the current page. */
  here(): Wrong[] {
    const here = this.showing.page;
    return this.of(this.showing.checked()).filter(({ place }) => {
      const element = document.getElementById(`q-${place}`) ?? document.getElementById(`f-${place}`);
      return element !== null && this.showing.pageOf(element) === here;
    });
  }

  show(faults: readonly Wrong[]): void {
    clearFaults(this.form);
    showFaults(faults, this.say, (question) => this.bring(question));
  }

  /** Shows the page of the first fault, and them all. */
  showFrom(faults: readonly Wrong[]): void {
    const first = faults.map(({ place }) => document.getElementById(`q-${place}`)).find((element) => element !== null);
    const page = first ? this.showing.pageOf(first) : undefined;
    if (page && page.id !== this.showing.current) this.goTo(page.id);
    this.show(faults);
  }

  /** Shows a question and gives it focus. */
  bring(question: HTMLElement): void {
    const page = this.showing.pageOf(question);
    if (page && page.id !== this.showing.current) this.goTo(page.id);
    focusQuestion(question);
  }

  /** Makes the links of the server's own summary lead to their pages. */
  linkSummary(): void {
    for (const link of all(document, "#error-summary a, #personal-notice a")) {
      link.addEventListener("click", (event) => {
        const target = document.getElementById(decodeURIComponent((link as HTMLAnchorElement).hash.slice(1)));
        const question = target?.closest<HTMLElement>("[data-question]");
        if (!question) return;
        event.preventDefault();
        this.bring(question);
      });
    }
  }
}
