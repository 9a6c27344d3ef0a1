import { describe, expect, it } from "vitest";

import { Environment, evaluate, type State, type Value, violated } from "../src/logic";
import { vectors } from "./vectors";

interface Evaluation {
  expression: unknown;
  values: Record<string, Value>;
  states?: Record<string, State>;
  counts?: Record<string, number>;
  result: Value;
}

const file = vectors<{
  evaluate: Evaluation[];
  constraints: { check: unknown; values: Record<string, Value>; violated: boolean }[];
}>("logic");

function environment(one: Partial<Evaluation>): Environment {
  return new Environment(Object.entries(one.values ?? {}), Object.entries(one.states ?? {}), Object.entries(one.counts ?? {}));
}

describe("conditions, as tests/vectors/logic.json has them", () => {
  it("has cases", () => expect(file.evaluate.length).toBeGreaterThan(100));

  it.each(file.evaluate.map((one): [string, Evaluation] => [JSON.stringify(one.expression).slice(0, 80), one]))("%s", (_, one) => {
    expect(evaluate(one.expression, environment(one))).toStrictEqual(one.result);
  });

  it.each(file.constraints)("is $violated: $check", (one) => {
    expect(violated(one.check, environment(one))).toBe(one.violated);
  });

  it("knows no name that an object inherits", () => {
    expect(evaluate({ var: "constructor" }, environment({}))).toBeNull();
    expect(evaluate({ toString: [1] }, environment({}))).toBeNull();
  });
});
