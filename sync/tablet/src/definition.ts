// The questionnaire as the page carries it: what forms.document.to_plain writes. Names are those of forms/questionnaire.py.

/** A text in several languages: BCP 47 tag -> text. */
export type Texts = Readonly<Record<string, string>>;

/** JsonLogic with the closed set of operators of docs/architecture.md; logic.ts evaluates it. */
export type Expression = unknown;

export type Kind =
  | "one_of" | "several_of" | "scale" | "number" | "count" | "date" | "time" | "duration" | "short_text" | "long_text"
  | "matrix" | "table" | "group" | "unit" | "information" | "consent" | "computed";

export interface Option {
  readonly id: string;
  readonly text: Texts;
  readonly score?: number | null;
  readonly exclusive?: boolean;
}

export interface Item {
  readonly id: string;
  readonly text: Texts;
}

export interface Constraint {
  readonly check: Expression;
  readonly message: Texts;
}

/** One question of any kind; the fields that its kind does not have are absent. */
export interface Question {
  readonly id: string;
  readonly kind: Kind;
  readonly text: Texts;
  readonly required?: boolean;
  readonly require_if?: Expression;
  readonly show_if?: Expression;
  readonly constraints?: readonly Constraint[];
  readonly personal?: boolean;
  readonly dont_know?: Texts | null;
  readonly not_relevant?: Texts | null;
  readonly options?: readonly Option[];
  readonly points?: readonly Option[];
  readonly statements?: readonly Item[];
  readonly rows?: readonly Item[];
  readonly columns?: readonly Question[];
  readonly questions?: readonly Question[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly decimals?: number;
  readonly earliest?: string;
  readonly latest?: string;
  readonly length?: number;
  readonly value?: Expression;
}

export interface Section {
  readonly id: string;
  readonly questions: readonly Question[];
  readonly show_if?: Expression;
}

export interface Questionnaire {
  readonly id: string;
  readonly shape?: "survey" | "return" | "registration" | "interview" | "audit";
  /** Absent where it is the one that follows from the shape. */
  readonly promise?: "anonymous" | "confidential" | "signed";
  readonly languages: readonly { readonly tag: string }[] | Readonly<Record<string, unknown>>;
  readonly sections: readonly Section[];
}

/** The options of a choice, the points of a scale or matrix, or none. */
export function optionsOf(question: Question): readonly Option[] {
  return question.options ?? question.points ?? [];
}

/** The text in `language`, else in its base language, else any (the source language stands first), else "". */
export function textIn(texts: Texts, language: string): string {
  return texts[language] || texts[language.split("-")[0] ?? ""] || Object.values(texts).find((text) => text !== "") || "";
}
