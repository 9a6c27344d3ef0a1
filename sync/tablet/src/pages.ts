// Which questions stand together on a page: a section, and on narrow screens a matrix statement alone.

import { all } from "./elements";

export interface Page {
  /** Stable while conditions come and go: section, and what stands first on the page. */
  readonly id: string;
  readonly section: HTMLElement;
  /** The questions on this page, as elements; for one statement of a matrix its matrix and itself. */
  readonly questions: readonly HTMLElement[];
  readonly statement?: { readonly element: HTMLElement; readonly n: number; readonly total: number };
  /** Whether the section's title and introduction are new on this page. */
  readonly first: boolean;
}

/** The pages of a form, those left out whose questions are all hidden. `shown` says whether a place shows. */
export function pagesOf(form: HTMLFormElement, narrow: boolean, shown: (place: string) => boolean, hiddenSections: ReadonlySet<string>): Page[] {
  return all(form, ".question-section").flatMap((section) => {
    const id = section.dataset["section"] ?? "";
    if (hiddenSections.has(id)) return [];
    const questions = all(section, ":scope > [data-question]");
    const present = questions.filter((question) => shown(question.dataset["question"] ?? ""));
    if (questions.length > 0 && present.length === 0) return [];
    return narrow ? narrowPages(id, section, present) : [{ id, section, questions: present, first: true }];
  });
}

function narrowPages(id: string, section: HTMLElement, questions: readonly HTMLElement[]): Page[] {
  const pages: Page[] = [];
  let together: HTMLElement[] = [];
  const add = (page: Omit<Page, "section" | "first" | "id">): void => {
    const place = (page.statement?.element ?? page.questions[0])?.dataset["question"];
    const first = pages.length === 0;
    pages.push({ ...page, id: first || !place ? id : `${id}:${place}`, section, first });
  };
  const close = (): void => {
    if (together.length > 0) add({ questions: together });
    together = [];
  };
  for (const question of questions) {
    const statements = all(question, ":scope > .statement");
    if (statements.length < 2) {
      together.push(question);
      continue;
    }
    close();
    statements.forEach((element, index) => add({ questions: [question], statement: { element, n: index + 1, total: statements.length } }));
  }
  close();
  return pages.length > 0 ? pages : [{ id, section, questions: [], first: true }];
}
