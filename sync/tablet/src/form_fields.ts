// HTML form fields to answers: the rules of forms/form_fields.py. A field's name is the place of its answer.

import type { Question, Questionnaire } from "./definition";

/** The fields of a form: name -> values, as `new FormData(form)` gives them. */
export type Fields = ReadonlyMap<string, readonly string[]>;
export type Answers = Record<string, unknown>;

const MISSING_FIELDS: ReadonlyMap<string, string> = new Map([
  ["~dont_know", "dont_know"],
  ["~not_relevant", "not_relevant"],
]);

const DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹";

/** All fields of a form that would be sent, names beginning with ~ (the plain form's own) left out. */
export function fieldsOf(form: HTMLFormElement): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  new FormData(form).forEach((value, name) => {
    if (typeof value !== "string" || name.startsWith("~")) return;
    fields.set(name, [...(fields.get(name) ?? []), value]);
  });
  return fields;
}

/** The answers that the fields hold; empty fields are left out, unknown ones are not looked at. */
export function fromForm(questionnaire: Questionnaire, fields: Fields): Answers {
  const answers: Answers = {};
  for (const section of questionnaire.sections) {
    for (const question of section.questions) put(answers, question.id, read(question, question.id, fields));
  }
  return answers;
}

function put(answers: Answers, id: string, answer: unknown): void {
  if (answer !== null) answers[id] = answer;
}

function orNull(answers: Answers): Answers | null {
  return Object.keys(answers).length > 0 ? answers : null;
}

function read(question: Question, place: string, fields: Fields): unknown {
  switch (question.kind) {
    case "computed":
    case "information":
      return null;
    case "matrix": {
      const statements: Answers = {};
      for (const item of question.statements ?? []) put(statements, item.id, one(question, fields.get(`${place}/${item.id}`)));
      return orNull(statements);
    }
    case "table": {
      const table: Answers = {};
      for (const row of question.rows ?? []) {
        const cells: Answers = {};
        for (const column of question.columns ?? []) put(cells, column.id, read(column, `${place}/${row.id}/${column.id}`, fields));
        put(table, row.id, orNull(cells));
      }
      return orNull(table);
    }
    case "group": {
      const found = repetitions(question, place, fields).map(([, repetition]) => repetition);
      return found.length > 0 ? found : null;
    }
    default:
      return one(question, fields.get(place));
  }
}

/** The repetitions in which anything is filled in, in their order, each with the index that its fields have. */
export function repetitions(group: Question, place: string, fields: Fields): [number, Answers][] {
  const start = `${place}/`;
  const found = new Set<number>();
  for (const name of fields.keys()) {
    const match = name.startsWith(start) ? /^(0|[1-9][0-9]{0,4})\//.exec(name.slice(start.length)) : null;
    if (match) found.add(Number(match[1]));
  }
  const filled: [number, Answers][] = [];
  // One more than allowed is read, so that the check can say that there are too many.
  for (const index of [...found].sort((a, b) => a - b).slice(0, (group.maximum ?? 10) + 1)) {
    const repetition: Answers = {};
    for (const question of group.questions ?? []) put(repetition, question.id, read(question, `${start}${index}/${question.id}`, fields));
    if (orNull(repetition)) filled.push([index, repetition]);
  }
  return filled;
}

function one(question: Question, sent: readonly string[] = []): unknown {
  const values = sent.filter((value) => value.trim() !== "");
  const missing = values.filter((value) => MISSING_FIELDS.has(value));
  const given = values.filter((value) => !MISSING_FIELDS.has(value));
  const free = question.kind === "short_text" || question.kind === "long_text";
  if (free && missing.length === 0) return given[0] ?? null;
  // An option and "don't know" together can only come from check boxes: the option says more.
  if (question.kind === "several_of" && given.length > 0) return given;
  if (missing.length > 0) return { missing: MISSING_FIELDS.get(missing[0]!) };
  if (given.length === 0) return null;
  const value = given[0]!.trim();
  switch (question.kind) {
    case "number":
      return parseNumber(value, question.decimals ?? 0);
    case "count":
    case "duration":
      return parseNumber(value, 0);
    case "date":
      return plainSigns(value);
    case "time":
      // Some browsers send seconds.
      return value.split(":").length === 3 ? plainSigns(value).replace(/:00$/, "") : plainSigns(value);
    case "consent":
      return value === "yes" ? true : value === "no" ? false : value;
    default:
      return value;
  }
}

/** Digits and signs of the languages that we speak to those of a number in JavaScript. */
function plainSigns(text: string): string {
  return text.replace(/[٠-٩۰-۹٫,−]/g, (sign) => {
    const digit = DIGITS.indexOf(sign);
    return digit >= 0 ? String(digit % 10) : sign === "−" ? "-" : ".";
  });
}

/**
 * The number that a person typed, with comma or point; the text itself if it is none, or could be two: "1.000" is a
 * thousand to a Dane and one to an Englishman, and where no three decimals are asked for, we do not guess.
 */
export function parseNumber(typed: string, decimals: number): number | string {
  const plain = plainSigns(typed.replace(/\s+/g, ""));
  if (!/^[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(plain)) return typed;
  return decimals < 3 && /^[+-]?[0-9]{1,3}\.[0-9]{3}$/.test(plain) ? typed : Number(plain) + 0;
}
