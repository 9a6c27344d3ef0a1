// Checks one person's answers against the questionnaire: the rules and codes of forms/answers.py and forms/checking.py.

import { optionsOf, type Question, type Questionnaire } from "./definition";
import type { Answers } from "./form_fields";
import { type Environment, evaluate, violated, visible, type Visibility } from "./logic";
import { cleanText, isDay, isObject, isTime, member, numberOf, scaled } from "./values";

/** What is wrong with one answer; `params` are for its message. */
export interface AnswerFault {
  readonly place: string;
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** Only when `faults` is empty may `answers` (normalised, only what showed) be sent. */
export interface Checked {
  readonly answers: Answers;
  readonly faults: readonly AnswerFault[];
  /** Free texts with the question they answer. */
  readonly texts: readonly { readonly place: string; readonly text: string; readonly question: Question }[];
  readonly view: Visibility;
}

const UNKNOWN_NAMES = 50;

/** Checks `given` (any JSON value). `units`: the ids of the units that take part. Never throws. */
export function check(questionnaire: Questionnaire, given: unknown, units: ReadonlySet<string> = new Set()): Checked {
  const checking = new Checking(visible(questionnaire, given), units);
  if (!isObject(given)) {
    checking.fault("", "wrong-type");
    return { answers: {}, faults: checking.faults, texts: [], view: checking.view };
  }
  const questions = questionnaire.sections.flatMap((section) => [...section.questions]);
  const answers = checking.all(questions, given, "", checking.view.environment);
  checking.unknown(given, questions.map((question) => question.id), "");
  return { answers, faults: checking.faults, texts: checking.texts, view: checking.view };
}

/** Whether the question must be answered, its require_if in `env` counted in. */
export function mustBeAnswered(question: Question, env: Environment): boolean {
  return question.required === true || ((question.require_if ?? null) !== null && evaluate(question.require_if, env) === true);
}

class Checking {
  readonly faults: AnswerFault[] = [];
  readonly texts: { place: string; text: string; question: Question }[] = [];

  constructor(
    readonly view: Visibility,
    private readonly units: ReadonlySet<string>,
  ) {}

  fault(place: string, code: string, params: Record<string, string | number> = {}): null {
    this.faults.push({ place, code, params });
    return null;
  }

  all(questions: readonly Question[], given: Record<string, unknown>, prefix: string, env: Environment): Answers {
    const normal: Answers = {};
    for (const question of questions) {
      const place = prefix + question.id;
      if (question.kind === "information" || question.kind === "computed" || this.view.hidden.has(place)) continue;
      const before = this.faults.length;
      const value = this.one(question, place, member(given, question.id) ?? null, mustBeAnswered(question, env));
      if (value === null) continue;
      normal[question.id] = value;
      if (this.faults.length > before || missingState(value)) continue;
      (question.constraints ?? []).forEach((constraint, index) => {
        if (violated(constraint.check, env)) this.fault(place, "constraint", { index });
      });
    }
    return normal;
  }

  unknown(given: Record<string, unknown>, known: readonly string[], prefix: string): void {
    const names = Object.keys(given).filter((name) => !known.includes(name));
    for (const name of names.slice(0, UNKNOWN_NAMES)) {
      this.fault(prefix + Array.from(name).slice(0, 40).join(""), "unknown-question");
    }
  }

  private one(question: Question, place: string, answer: unknown, required: boolean): unknown {
    switch (question.kind) {
      case "matrix":
        return this.matrix(question, place, answer, required);
      case "table":
        return this.table(question, place, answer, required);
      case "group":
        return this.group(question, place, answer, required);
      default:
        return this.simple(question, place, answer, required);
    }
  }

  private simple(question: Question, place: string, answer: unknown, required: boolean): unknown {
    switch (question.kind) {
      case "one_of":
      case "scale":
        return this.choice(question, place, answer, required);
      case "several_of":
        return Array.isArray(answer)
          ? this.several(question, place, answer, required)
          : this.otherwise(question, place, answer, required);
      case "number":
        return this.number(question, place, answer, required, question.minimum ?? 0, question.decimals ?? 0);
      case "count":
        return this.number(question, place, answer, required, 0, 0);
      case "duration":
        return this.number(question, place, answer, required, question.minimum ?? 0, 0);
      case "date":
        return this.moment(question, place, answer, required, isDay, "not-a-date");
      case "time":
        return this.moment(question, place, answer, required, isTime, "not-a-time");
      case "short_text":
      case "long_text":
        return this.text(question, place, answer, required);
      case "unit":
        if (typeof answer !== "string") return this.otherwise(question, place, answer, required);
        return this.units.has(answer) ? answer : this.fault(place, "unknown-unit");
      case "consent":
        if (typeof answer !== "boolean") return this.otherwise(question, place, answer, required);
        if (required && !answer) this.fault(place, "no-consent");
        return answer;
      default:
        return null;
    }
  }

  /** What every simple kind does with an answer that is not of its type: unanswered, missing, or wrong. */
  private otherwise(question: Question, place: string, answer: unknown, required: boolean): unknown {
    if (answer === null) return required ? this.fault(place, "required") : null;
    const missing = missingState(answer);
    if (!missing) return this.fault(place, "wrong-type");
    return question[missing] ? { missing } : this.fault(place, "missing-not-offered");
  }

  private choice(question: Question, place: string, answer: unknown, required: boolean): unknown {
    if (typeof answer !== "string") return this.otherwise(question, place, answer, required);
    return optionsOf(question).some((option) => option.id === answer) ? answer : this.fault(place, "unknown-option");
  }

  private several(question: Question, place: string, answer: unknown[], required: boolean): unknown {
    if (answer.length === 0) return this.otherwise(question, place, null, required);
    if (!answer.every((option) => typeof option === "string")) return this.fault(place, "wrong-type");
    const options = optionsOf(question);
    if (!answer.every((id) => options.some((option) => option.id === id))) return this.fault(place, "unknown-option");
    const chosen = options.filter((option) => answer.includes(option.id));
    if (chosen.length > 1 && chosen.some((option) => option.exclusive)) return this.fault(place, "too-many-exclusive");
    return chosen.map((option) => option.id);
  }

  private number(question: Question, place: string, answer: unknown, required: boolean, low: number, decimals: number): unknown {
    if (typeof answer !== "number") return this.otherwise(question, place, answer, required);
    const number = numberOf(answer);
    if (number === null) return this.fault(place, "wrong-type");
    const high = question.maximum ?? (question.kind === "count" ? 9999 : question.kind === "duration" ? 1440 : Infinity);
    if (!(low <= number && number <= high)) return this.fault(place, "out-of-bounds", { minimum: low, maximum: high });
    const scale = 10 ** decimals;
    return scaled(number, scale) / scale === number ? number : this.fault(place, "decimals", { decimals });
  }

  private moment(
    question: Question,
    place: string,
    answer: unknown,
    required: boolean,
    isOne: (answer: unknown) => boolean,
    code: string,
  ): unknown {
    if (typeof answer !== "string") return this.otherwise(question, place, answer, required);
    if (!isOne(answer)) return this.fault(place, code);
    const { earliest, latest } = question;
    if (answer >= (earliest ?? "") && answer <= (latest || "~")) return answer;
    return this.fault(place, "out-of-bounds", { ...(earliest ? { earliest } : {}), ...(latest ? { latest } : {}) });
  }

  private text(question: Question, place: string, answer: unknown, required: boolean): unknown {
    if (typeof answer !== "string") return this.otherwise(question, place, answer, required);
    const lines = question.kind === "long_text";
    const maximum = question.length ?? (lines ? 2000 : 200);
    if (answer.length > 4 * maximum + 64) return this.fault(place, "too-long", { maximum });
    const text = cleanText(answer, lines);
    if (text === "") return this.otherwise(question, place, null, required);
    if (text.length > maximum) return this.fault(place, "too-long", { maximum });
    this.texts.push({ place, text, question });
    return text;
  }

  /** Required: every statement. {"missing": …} stands for a statement, not for the matrix. */
  private matrix(question: Question, place: string, answer: unknown, required: boolean): unknown {
    const given = answer ?? {};
    if (!isObject(given)) return this.fault(place, "wrong-type");
    const normal: Answers = {};
    const statements = question.statements ?? [];
    for (const { id } of statements) {
      const value = this.choice(question, `${place}/${id}`, member(given, id) ?? null, required);
      if (value !== null) normal[id] = value;
    }
    this.unknown(given, statements.map((item) => item.id), `${place}/`);
    return Object.keys(normal).length > 0 ? normal : null;
  }

  /** Required: at least one cell. A required column: its cell in every row begun, in a required table in all. */
  private table(question: Question, place: string, answer: unknown, required: boolean): unknown {
    const given = answer ?? {};
    if (!isObject(given)) return this.fault(place, "wrong-type");
    const before = this.faults.length;
    const normal: Answers = {};
    const columns = question.columns ?? [];
    for (const row of question.rows ?? []) {
      const cells = member(given, row.id) ?? {};
      if (!isObject(cells)) {
        this.fault(`${place}/${row.id}`, "wrong-type");
        continue;
      }
      const begun = required || Object.keys(cells).length > 0;
      const kept: Answers = {};
      for (const column of columns) {
        const value = this.simple(column, `${place}/${row.id}/${column.id}`, member(cells, column.id) ?? null, begun && column.required === true);
        if (value !== null) kept[column.id] = value;
      }
      this.unknown(cells, columns.map((column) => column.id), `${place}/${row.id}/`);
      if (Object.keys(kept).length > 0) normal[row.id] = kept;
    }
    this.unknown(given, (question.rows ?? []).map((row) => row.id), `${place}/`);
    const empty = Object.keys(normal).length === 0;
    if (required && empty && this.faults.length === before) this.fault(place, "required");
    return empty ? null : normal;
  }

  private group(question: Question, place: string, answer: unknown, required: boolean): unknown {
    let given = answer ?? [];
    if (!Array.isArray(given)) return this.fault(place, "wrong-type");
    const [minimum, maximum] = [question.minimum ?? 0, question.maximum ?? 10];
    if (given.length === 0 && minimum === 0) return required ? this.fault(place, "required") : null;
    if (given.length > maximum) {
      this.fault(place, "too-many", { maximum });
      given = given.slice(0, maximum);
    } else if (given.length < minimum) this.fault(place, "too-few", { minimum });
    const questions = question.questions ?? [];
    const normal: Answers[] = [];
    (given as unknown[]).forEach((repetition, index) => {
      const here = `${place}/${index}`;
      if (!isObject(repetition)) {
        this.fault(here, "wrong-type");
        return;
      }
      normal.push(this.all(questions, repetition, `${here}/`, this.view.scopes.get(here) ?? this.view.environment));
      this.unknown(repetition, questions.map((one) => one.id), `${here}/`);
    });
    return normal.length > 0 ? normal : null;
  }
}

function missingState(value: unknown): "dont_know" | "not_relevant" | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null;
  const state = member(value, "missing");
  return state === "dont_know" || state === "not_relevant" ? state : null;
}
