// Evaluates expressions for tests/forms/test_logic_differential.py: one JSON line in, one JSON line out, until the end.
// In: {"expression", "values", "states", "counts"} or {"questionnaire", "answers"}.

import { createInterface } from "node:readline";

import type { Questionnaire } from "../src/definition";
import { Environment, evaluate, type State, type Value, violated, visible } from "../src/logic";

interface Case {
  expression?: unknown;
  values?: Record<string, Value>;
  states?: Record<string, State>;
  counts?: Record<string, number>;
  questionnaire?: Questionnaire;
  answers?: unknown;
}

function plain(env: Environment): unknown {
  return { values: Object.fromEntries(env.values), states: Object.fromEntries(env.states), counts: Object.fromEntries(env.counts) };
}

function run(one: Case): unknown {
  if (one.questionnaire) {
    const seen = visible(one.questionnaire, one.answers);
    return {
      hidden: [...seen.hidden].sort(),
      hidden_sections: [...seen.hiddenSections].sort(),
      environment: plain(seen.environment),
      scopes: Object.fromEntries([...seen.scopes].map(([place, env]) => [place, plain(env)])),
      computed: Object.fromEntries(seen.computed),
    };
  }
  const env = new Environment(Object.entries(one.values ?? {}), Object.entries(one.states ?? {}), Object.entries(one.counts ?? {}));
  return { value: evaluate(one.expression, env), violated: violated(one.expression, env) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line) as Case))}\n`);
}
