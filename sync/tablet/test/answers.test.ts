import { describe, expect, it } from "vitest";

import { check } from "../src/answers";
import type { Questionnaire } from "../src/definition";
import { fromForm, parseNumber } from "../src/form_fields";
import type { Value } from "../src/logic";
import { vectors } from "./vectors";

interface Case {
  document: string;
  answers: unknown;
  normalised?: unknown;
  faults: [string, string][];
  hidden?: string[];
  computed?: Record<string, Value>;
}

const file = vectors<{ units: string[]; documents: Record<string, Questionnaire>; cases: Case[] }>("answers");

describe("answers, as tests/vectors/answers.json has them", () => {
  it("has cases", () => expect(file.cases.length).toBeGreaterThan(100));

  it.each(file.cases.map((one): [string, Case] => [`${one.document} ${JSON.stringify(one.answers)}`.slice(0, 90), one]))("%s", (_, one) => {
    const checked = check(file.documents[one.document]!, one.answers, new Set(file.units));
    expect(checked.faults.map((fault) => [fault.place, fault.code]).sort()).toStrictEqual([...one.faults].sort());
    if (one.faults.length === 0) expect(checked.answers).toStrictEqual(one.normalised);
    if (one.hidden) expect([...checked.view.hidden].sort()).toStrictEqual([...one.hidden].sort());
    if (one.computed) expect(Object.fromEntries(checked.view.computed)).toStrictEqual(one.computed);
  });
});

describe("form fields", () => {
  const text = { en: "?" };
  const questionnaire = {
    id: "fields",
    languages: [{ tag: "en" }],
    sections: [
      {
        id: "one",
        questions: [
          { id: "place", kind: "one_of", text, options: [{ id: "home", text }], dont_know: text },
          { id: "aids", kind: "several_of", text, options: [{ id: "pump", text }, { id: "bed", text }], dont_know: text },
          { id: "weight", kind: "number", text, decimals: 1, minimum: 0, maximum: 300, dont_know: text },
          { id: "start", kind: "time", text },
          { id: "consent", kind: "consent", text },
          { id: "note", kind: "long_text", text },
          { id: "care", kind: "matrix", text, statements: [{ id: "met", text }, { id: "heard", text }], points: [{ id: "1", text }] },
          { id: "staff", kind: "table", text, rows: [{ id: "nurses", text }], columns: [{ id: "total", kind: "count", text }] },
          { id: "steps", kind: "group", text, questions: [{ id: "days", kind: "count", text }], maximum: 3 },
        ],
      },
    ],
  } satisfies Questionnaire;
  const read = (fields: Record<string, string[]>): unknown => fromForm(questionnaire, new Map(Object.entries(fields)));

  it("leaves out what is empty", () => {
    expect(read({ place: [], weight: ["  "], note: ["\n"], "steps/0/days": [""] })).toStrictEqual({});
  });

  it("reads each kind", () => {
    expect(
      read({
        place: ["home"], aids: ["bed", "pump"], weight: ["72,5"], start: ["07:30:00"], consent: ["no"], note: [" a\nb "],
        "care/heard": ["~not_relevant"], "care/met": ["1"], "staff/nurses/total": ["4"], "steps/2/days": ["3"],
      }),
    ).toStrictEqual({
      place: "home", aids: ["bed", "pump"], weight: 72.5, start: "07:30", consent: false, note: " a\nb ",
      care: { met: "1", heard: { missing: "not_relevant" } }, staff: { nurses: { total: 4 } }, steps: [{ days: 3 }],
    });
  });

  it("takes a missing state before a field, and an option before a missing state", () => {
    expect(read({ weight: ["70", "~dont_know"], aids: ["pump", "~dont_know"] })).toStrictEqual({
      weight: { missing: "dont_know" },
      aids: ["pump"],
    });
  });

  it.each([
    ["2,5", 1, 2.5],
    ["2.5", 1, 2.5],
    ["1 200", 0, 1200],
    ["1.000", 0, "1.000"],
    ["1,000", 3, 1],
    ["٣٥", 0, 35],
    ["۳٫۵", 1, 3.5],
    ["−4", 0, -4],
    ["-0", 0, 0],
    ["about 3", 0, "about 3"],
    ["1e3", 0, "1e3"],
  ])("reads the number %s", (typed, decimals, number) => {
    expect(parseNumber(typed, decimals)).toBe(number);
  });
});
