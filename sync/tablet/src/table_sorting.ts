// Tables of the desk that sort by a press on a head. Without script the head is text and the table as the server wrote it.

import { button } from "./elements";

/** What a column holds: figures, instants in ISO 8601, or words of the page's language. */
export type Kind = "number" | "instant" | "text";
export type Direction = "ascending" | "descending";

/** What stands for "nothing" in a cell; it comes last in both directions, since it is no value. */
const NOTHING = new Set(["", "–"]);

/** The order in which rows stand: indices into `keys`. Equal ones keep the order they have. */
export function orderOf(keys: readonly string[], kind: Kind, direction: Direction, language: string): number[] {
  const words = new Intl.Collator(language, { numeric: true });
  const sign = direction === "ascending" ? 1 : -1;
  const value = (key: string): number => (kind === "number" ? Number(key) : Date.parse(key));
  const compare = (a: string, b: string): number => {
    const [noA, noB] = [a, b].map((key) => NOTHING.has(key) || (kind !== "text" && Number.isNaN(value(key))));
    if (noA || noB) return Number(noA) - Number(noB);
    return sign * (kind === "text" ? words.compare(a, b) : value(a) - value(b));
  };
  return keys.map((_, index) => index).sort((a, b) => compare(keys[a] ?? "", keys[b] ?? "") || a - b);
}

/** The direction of the next press: a column begins ascending and then turns. */
export function nextDirection(now: string | null): Direction {
  return now === "ascending" ? "descending" : "ascending";
}

/** Makes the heads of `table` into buttons, except those marked data-unsorted. */
export function makeSortable(table: HTMLTableElement, language: string): void {
  const heads = Array.from(table.tHead?.rows[0]?.cells ?? []);
  heads.forEach((head, column) => {
    if ("unsorted" in head.dataset) return;
    const press = button(head.textContent?.trim() ?? "", "sort", () => {
      const direction = nextDirection(head.getAttribute("aria-sort"));
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction);
      sortBy(table, column, direction, language);
    });
    head.replaceChildren(press);
  });
  table.classList.add("sorts");
}

function sortBy(table: HTMLTableElement, column: number, direction: Direction, language: string): void {
  const body = table.tBodies[0];
  if (!body) return;
  const rows = Array.from(body.rows);
  const cells = rows.map((row) => row.cells[column]);
  const given = cells.some((cell) => cell?.dataset["sort"] !== undefined);
  const figures = cells.some((cell) => cell?.classList.contains("number"));
  const keys = cells.map((cell) => cell?.dataset["sort"] ?? cell?.textContent?.trim() ?? "");
  const kind = figures ? "number" : given ? "instant" : "text";
  body.append(...orderOf(keys, kind, direction, language).flatMap((index) => rows[index] ?? []));
}
