// Conditions at work: the semantics of forms/logic.py, held to it by tests/vectors/logic.json and by a differential test.

import { type Expression, type Item, type Option, optionsOf, type Question, type Questionnaire } from "./definition";
import { cleanText, isDay, isObject, isTime, member, numberOf } from "./values";

export type Value = null | boolean | number | string | Value[];
export type State = "answered" | "dont_know" | "not_relevant" | "unanswered" | "not_shown";

/** What lies deeper than this in an expression is null. */
const DEEPEST = 100;

/** What names stand for. A name without a state is answered if its value is not null. */
export class Environment {
  readonly values: Map<string, Value>;
  readonly states: Map<string, State>;
  /** Repetitions of each repeating group. */
  readonly counts: Map<string, number>;

  constructor(values?: Iterable<[string, Value]>, states?: Iterable<[string, State]>, counts?: Iterable<[string, number]>) {
    this.values = new Map(values ?? []);
    this.states = new Map(states ?? []);
    this.counts = new Map(counts ?? []);
  }

  state(name: string): State {
    return this.states.get(name) ?? ((this.values.get(name) ?? null) === null ? "unanswered" : "answered");
  }

  put(name: string, state: State, value: Value): void {
    this.states.set(name, state);
    this.values.set(name, value);
  }

  copy(): Environment {
    return new Environment(this.values, this.states, this.counts);
  }
}

/** What `expression` yields: null, a boolean, a number, a string or a list. Never throws. */
export function evaluate(expression: Expression, environment: Environment): Value {
  return evaluateAt(expression, environment, 0);
}

function evaluateAt(expression: Expression, env: Environment, depth: number): Value {
  if (depth > DEEPEST) return null;
  if (Array.isArray(expression)) return expression.map((element) => evaluateAt(element, env, depth + 1));
  if (!isObject(expression)) return scalar(expression);
  const entries = Object.entries(expression);
  if (entries.length !== 1) return null;
  const [operator, args] = entries[0]!;
  if (operator === "var") return typeof args === "string" ? constant(env.values.get(args)) : null;
  if (!Array.isArray(args)) return null;
  const ofName = OF_NAME.get(operator);
  if (ofName) return args.length === 1 && typeof args[0] === "string" ? ofName(args[0], env) : null;
  const rule = RULES.get(operator);
  return rule ? rule(args.map((argument) => evaluateAt(argument, env, depth + 1))) : null;
}

function scalar(value: unknown): Value {
  return typeof value === "boolean" || typeof value === "string" ? value : numberOf(value);
}

function constant(value: unknown): Value {
  return Array.isArray(value) ? value.map(scalar) : scalar(value);
}

function kindOf(value: Value): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}

function equal(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((element, i) => equal(element, b[i]!));
  return a === b;
}

function before(a: Value, b: Value): boolean {
  return (typeof a === "number" && typeof b === "number" && a < b) || (typeof a === "string" && typeof b === "string" && a < b);
}

function ordered(a: Value, b: Value): boolean {
  return before(a, b) || (["number", "string"].includes(kindOf(a)) && equal(a, b));
}

type Rule = (values: Value[]) => Value;

function pair(rule: (a: Value, b: Value) => Value): Rule {
  return (values) => (values.length === 2 ? rule(values[0]!, values[1]!) : null);
}

function arithmetic(rule: (a: number, b: number) => number): Rule {
  return pair((a, b) => (typeof a === "number" && typeof b === "number" ? numberOf(rule(a, b)) : null));
}

const subtract = arithmetic((a, b) => a - b);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["==", pair(equal)],
  ["!=", pair((a, b) => !equal(a, b))],
  ["<", pair(before)],
  ["<=", pair(ordered)],
  [">", pair((a, b) => before(b, a))],
  [">=", pair((a, b) => ordered(b, a))],
  ["and", (values) => values.every((value) => value === true)],
  ["or", (values) => values.some((value) => value === true)],
  ["not", (values) => (values.length === 1 ? values[0] !== true : null)],
  ["in", pair((needle, haystack) => Array.isArray(haystack) && haystack.some((element) => equal(needle, element)))],
  ["+", arithmetic((a, b) => a + b)],
  ["-", subtract],
  ["*", arithmetic((a, b) => a * b)],
  // Division by zero is infinite or not a number: numberOf makes both null.
  ["/", arithmetic((a, b) => a / b)],
  ["neg", (values) => (values.length === 1 ? subtract([0, ...values]) : null)],
]);

const OF_NAME: ReadonlyMap<string, (name: string, env: Environment) => Value> = new Map([
  ["answered", (name: string, env: Environment): Value => env.state(name) === "answered"],
  ["dont_know", (name: string, env: Environment): Value => env.state(name) === "dont_know"],
  ["not_relevant", (name: string, env: Environment): Value => env.state(name) === "not_relevant"],
  [
    "count",
    (name: string, env: Environment): Value => {
      const value = env.values.get(name);
      return Array.isArray(value) ? value.length : (env.counts.get(name) ?? 0);
    },
  ],
]);

/** The names whose values an expression reads (not those it only asks the state of). */
export function variables(expression: Expression): Set<string> {
  const found = new Set<string>();
  const waiting: unknown[] = [expression];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (Array.isArray(one)) waiting.push(...one);
    else if (isObject(one)) {
      for (const [operator, args] of Object.entries(one)) {
        if (operator === "var" && typeof args === "string") found.add(args);
        else if (Array.isArray(args) && !OF_NAME.has(operator)) waiting.push(...args);
      }
    }
  }
  return found;
}

/** Whether a constraint is broken: its check is false, and every value that it reads is known. */
export function violated(check: Expression, env: Environment): boolean {
  for (const name of variables(check)) if ((env.values.get(name) ?? null) === null) return false;
  return evaluate(check, env) === false;
}

// --- from answers to names

/** What shows to a person with these answers, and what was computed on the way. */
export interface Visibility {
  readonly hidden: ReadonlySet<string>;
  readonly hiddenSections: ReadonlySet<string>;
  readonly environment: Environment;
  /** Per repetition ("steps/0") the environment inside it. */
  readonly scopes: ReadonlyMap<string, Environment>;
  readonly computed: ReadonlyMap<string, Value>;
}

/** Whether the question at `place` shows; a part of a hidden question is hidden. */
export function shows(visibility: Visibility, place: string): boolean {
  const parts = place.split("/");
  return !parts.some((_, index) => visibility.hidden.has(parts.slice(0, index + 1).join("/")));
}

/** Walks the questionnaire in its order and says what shows. What does not show is null to all that follows. */
export function visible(questionnaire: Questionnaire, answers: unknown): Visibility {
  const hidden = new Set<string>();
  const hiddenSections = new Set<string>();
  const scopes = new Map<string, Environment>();
  const computed = new Map<string, Value>();
  const environment = new Environment();

  const walk = (question: Question, given: unknown, prefix: string, env: Environment, sectionShown: boolean): void => {
    const place = prefix + question.id;
    const shown = sectionShown && ((question.show_if ?? null) === null || evaluate(question.show_if, env) === true);
    if (!shown) {
      hidden.add(place);
      for (const name of namesOf(question)) env.put(name, "not_shown", null);
    } else if (question.kind === "computed") {
      const result = evaluate(question.value, env);
      const value = Array.isArray(result) ? null : result;
      env.put(question.id, value === null ? "unanswered" : "answered", value);
      if (value !== null) computed.set(place, value);
    } else if (question.kind === "group") {
      const answer = member(given, question.id);
      const repetitions = Array.isArray(answer) ? answer.slice(0, question.maximum ?? 10) : [];
      env.put(question.id, repetitions.length > 0 ? "answered" : "unanswered", null);
      env.counts.set(question.id, repetitions.length);
      repetitions.forEach((repetition: unknown, index) => {
        const inside = env.copy();
        for (const one of question.questions ?? []) walk(one, repetition, `${place}/${index}/`, inside, true);
        scopes.set(`${place}/${index}`, inside);
      });
    } else {
      putNames(question, member(given, question.id), env);
    }
  };

  for (const section of questionnaire.sections) {
    const shown = (section.show_if ?? null) === null || evaluate(section.show_if, environment) === true;
    if (!shown) hiddenSections.add(section.id);
    for (const question of section.questions) walk(question, answers, "", environment, shown);
  }
  return { hidden, hiddenSections, environment, scopes, computed };
}

/** The names under which conditions outside a repeating group know `question`. */
function namesOf(question: Question): string[] {
  if (question.kind === "matrix") return [question.id, ...(question.statements ?? []).map((item) => `${question.id}.${item.id}`)];
  if (question.kind === "table") return [question.id, ...cells(question).map(([row, column]) => `${question.id}.${row.id}.${column.id}`)];
  return [question.id];
}

function cells(table: Question): [Item, Question][] {
  return (table.rows ?? []).flatMap((row) => (table.columns ?? []).map((column): [Item, Question] => [row, column]));
}

function putNames(question: Question, answer: unknown, env: Environment): void {
  if (question.kind === "information") return;
  if (question.kind !== "matrix" && question.kind !== "table") {
    env.put(question.id, ...stateAndValue(question, answer));
    return;
  }
  let anyAnswered = false;
  const putPart = (name: string, [state, value]: [State, Value]): void => {
    anyAnswered ||= state === "answered";
    env.put(`${question.id}.${name}`, state, value);
  };
  if (question.kind === "matrix") {
    for (const item of question.statements ?? []) {
      putPart(item.id, stateOf(question, member(answer, item.id), (one) => score(question.points ?? [], one)));
    }
  } else {
    for (const [row, column] of cells(question)) {
      putPart(`${row.id}.${column.id}`, stateAndValue(column, member(member(answer, row.id), column.id)));
    }
  }
  env.put(question.id, anyAnswered ? "answered" : "unanswered", null);
}

/** The state of a simple question and what its name stands for. Free text is answered but has no value. */
export function stateAndValue(question: Question, answer: unknown): [State, Value] {
  return stateOf(question, answer, (one) => valueOf(question, one));
}

const TEXT = Symbol("text");

function stateOf(question: Question, answer: unknown, valueFor: (one: unknown) => Value | typeof TEXT): [State, Value] {
  if (isObject(answer)) {
    const missing = Object.keys(answer).length === 1 ? member(answer, "missing") : undefined;
    if (missing === "dont_know" && question.dont_know) return ["dont_know", null];
    if (missing === "not_relevant" && question.not_relevant) return ["not_relevant", null];
    return ["unanswered", null];
  }
  const value = valueFor(answer);
  if (value === null) return ["unanswered", null];
  return ["answered", value === TEXT ? null : value];
}

/** A point's score; a point without one stands for its id, so that it is not taken for unanswered. */
function score(points: readonly Option[], answer: unknown): Value {
  const point = points.find((one) => one.id === answer);
  if (!point) return null;
  return (point.score ?? null) === null ? point.id : numberOf(point.score);
}

function valueOf(question: Question, answer: unknown): Value | typeof TEXT {
  switch (question.kind) {
    case "one_of":
      return optionsOf(question).some((option) => option.id === answer) ? (answer as string) : null;
    case "scale":
      return score(optionsOf(question), answer);
    case "several_of": {
      const chosen = Array.isArray(answer) ? answer : [];
      const known = optionsOf(question).filter((option) => chosen.includes(option.id)).map((option) => option.id);
      return known.length > 0 ? known : null;
    }
    case "number":
    case "count":
    case "duration":
      return numberOf(answer);
    case "date":
      return isDay(answer) ? answer : null;
    case "time":
      return isTime(answer) ? answer : null;
    case "consent":
      return typeof answer === "boolean" ? answer : null;
    case "unit":
      return typeof answer === "string" && answer !== "" ? answer : null;
    case "short_text":
    case "long_text":
      return typeof answer === "string" && cleanText(answer, true) !== "" ? TEXT : null;
    default:
      return null;
  }
}
