// The field for the code of a letter, on the page of a round that invites by letter.

import { grouped, readCode } from "./invitation_code";
import type { Say, Word } from "./words";

export const CODE_PLACE = "~code";
/** Where it is asked whether a code can be used, and how long that may take before a person goes on without knowing. */
const ASKED_AT = "/api/codes";
const PATIENCE_MS = 4000;

export interface CodeFault {
  readonly place: string;
  readonly text: string;
}

/** Whether a refusal is about the code. */
export function aboutCode(refusal: string): boolean {
  return /^code-(missing|unknown|used)$/.test(refusal);
}

export class Invitation {
  private constructor(
    private readonly field: HTMLInputElement,
    private readonly round: string,
    private readonly say: Say,
  ) {}

  /** The field of this page; null where the round is open to all. */
  static on(form: HTMLFormElement, say: Say): Invitation | null {
    const field = form.querySelector<HTMLInputElement>(`[name="${CODE_PLACE}"]`);
    return field && new Invitation(field, form.dataset["round"] ?? "", say);
  }

  /** Takes the code out of the address: a fragment reaches no server, and so stays out of logs, history and referrers. */
  static fromAddress(): string {
    const found = /(?:^#|&)code=([^&]*)/.exec(window.location.hash);
    if (!found) return "";
    history.replaceState(history.state, "", window.location.pathname + window.location.search);
    try {
      return decodeURIComponent(found[1] ?? "");
    } catch {
      return "";
    }
  }

  /** What stands in the field, as it was typed. */
  get typed(): string {
    return this.field.value;
  }

  set typed(text: string) {
    const code = readCode(text);
    this.field.value = code ? grouped(code) : text.slice(0, this.field.maxLength);
  }

  /** The code to send with an answer; "" when what was typed cannot be one. */
  get code(): string {
    return readCode(this.field.value);
  }

  /** What can be seen to be wrong with it here. */
  fault(): CodeFault | null {
    if (this.code) return null;
    return this.because(this.field.value.trim() ? "code_typo" : "code_missing");
  }

  /** What a refusal says. */
  refused(refusal: string): CodeFault {
    return this.because(refusal.replace("-", "_") as Word);
  }

  /** Asks the server before a person begins. Only a clear no counts: without a network one answers all the same. */
  async ask(send: typeof fetch = (input, init) => fetch(input, init)): Promise<CodeFault | null> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const response = await send(ASKED_AT, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ round: this.round, code: this.code }),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: stop.signal,
      });
      if (!(response.headers.get("Content-Type") ?? "").includes("problem+json")) return null;
      const { code } = (await response.json()) as { code?: unknown };
      return typeof code === "string" && aboutCode(code) ? this.refused(code) : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  private because(word: Word): CodeFault {
    return { place: CODE_PLACE, text: this.say(word) };
  }
}
