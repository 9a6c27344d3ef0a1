import { readFileSync } from "node:fs";

/** One of the files that Python and TypeScript must agree on (tests/vectors/README.md). */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as T;
}
