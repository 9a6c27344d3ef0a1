// Forms typed twice: what was typed first stays in this page alone, in the order of the pile, until the second keying of the
// same form agrees with it or a person has settled the difference. Nothing of it is stored, here or on the server.

/** The filled-in fields of one form by name; what is blank is not in it. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** As many forms as may wait for their second keying: what a closed window would lose. */
export const LARGEST_PILE = 20;

/** Names of the fields that differ, in no order. */
export function differences(first: Fields, second: Fields): string[] {
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].filter((name) => said(first, name) !== said(second, name));
}

function said(fields: Fields, name: string): string {
  const values = fields.get(name) ?? [];
  return JSON.stringify(values.map((value) => value.replace(/\s+/g, " ").trim()).sort());
}

/** The pile between its two keyings. */
export class Pile {
  private waiting: Fields[] = [];
  private total = 0;
  private turned = false;

  /** Whether the second keying is under way. */
  get second(): boolean {
    return this.turned;
  }

  /** How many forms have been typed once only. */
  get left(): number {
    return this.waiting.length;
  }

  /** How many forms the pile had when it was turned, and which of them is being typed now, counted from 1. */
  get size(): number {
    return this.total;
  }

  get number(): number {
    return this.total - this.waiting.length + 1;
  }

  get full(): boolean {
    return this.waiting.length >= LARGEST_PILE;
  }

  /** Keep a form that was typed the first time. */
  add(fields: Fields): void {
    this.waiting.push(fields);
  }

  /** Begin the second keying with the form that was typed first. */
  turn(): void {
    this.turned = this.waiting.length > 0;
    this.total = this.waiting.length;
  }

  /** What was typed first of the form that is being typed the second time. */
  get first(): Fields | undefined {
    return this.turned ? this.waiting[0] : undefined;
  }

  /** The form at hand has been received; after the last one typing begins anew. */
  settled(): void {
    this.waiting.shift();
    if (this.waiting.length === 0) this.turned = false;
  }
}
