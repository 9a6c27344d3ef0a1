import { describe, expect, it } from "vitest";

import { find, maskCpr } from "../src/personal_data";
import { vectors } from "./vectors";

const { cases } = vectors<{ cases: { text: string; found: [string, string][]; masked: string }[] }>("personal_data");

describe("personal data, as tests/vectors/personal_data.json has them", () => {
  it("has cases", () => expect(cases.length).toBeGreaterThan(50));

  it.each(cases)("$text", ({ text, found, masked }) => {
    expect(find(text).map((one) => [one.kind, text.slice(one.start, one.end)])).toStrictEqual(found);
    expect(maskCpr(text)).toBe(masked);
  });

  it("is quick on a long row of digits and signs", () => {
    const start = performance.now();
    find("12 34-@".repeat(20_000));
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
