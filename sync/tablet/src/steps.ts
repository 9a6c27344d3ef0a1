// The pages in the browser's history. On the web an entry names its page; on a tablet it holds the turn and a number and
// nothing else, since a browser writes its history to disk.

import type { Showing } from "./showing";

export class Steps {
  private depth = 0;

  /** `turn`: the id of the turn on a tablet, "" on the web. */
  constructor(
    private readonly showing: Showing,
    private readonly turn: string,
  ) {}

  /** Takes up the place in the history that a reload left. */
  begin(state: unknown): void {
    this.depth = this.own(state) ? ((state as { depth?: number } | null)?.depth ?? 0) : 0;
  }

  /** Writes the current page down. "push": a step that Back returns from; "stay": within this one. */
  write(how: "push" | "stay"): void {
    if (how === "push") this.depth += 1;
    const where = this.turn ? { turn: this.turn, at: Math.max(0, this.showing.index()) } : { page: this.showing.current };
    history[how === "push" ? "pushState" : "replaceState"]({ ...where, depth: this.depth }, "");
  }

  /** The page of an entry; null where it is not one of this turn. */
  read(state: unknown): string | null {
    if (!this.own(state)) return null;
    const { page, at, depth } = (state ?? {}) as { page?: string; at?: number; depth?: number };
    this.depth = depth ?? 0;
    const last = this.showing.pages.length - 1;
    return page ?? this.showing.pages[Math.min(at ?? 0, last)]?.id ?? "";
  }

  /** One page back through the history; false where it does not lead there (a draft taken up again begins in its middle). */
  back(): boolean {
    if (this.depth === 0) return false;
    history.back();
    return true;
  }

  private own(state: unknown): boolean {
    return this.turn === "" || (state as { turn?: string } | null)?.turn === this.turn;
  }
}
