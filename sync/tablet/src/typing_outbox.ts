// Sheets that have been typed and are on their way: they go one after another while the next one is typed, each again and again
// under its own one-time key until the server has said that it has it. They are kept in this page alone.

export interface Fault {
  readonly place: string;
  readonly message: string;
}

/** What the server says of a sheet that it does not take. */
export interface Refusal {
  readonly faults: readonly Fault[];
  readonly personal: readonly string[];
}

/** The filled-in form as it is sent: names and values, the page's own fields among them. */
export type Sheet = readonly (readonly [string, string])[];

/** Milliseconds between two tries of sending. */
const AGAIN_AFTER = [1000, 2000, 4000, 8000, 15000];
/** No browser lets a request outlive its page whose body is longer than 64 KiB. */
const OUTLIVES_ITS_PAGE = 60_000;

/** What the page does when something becomes of a sheet. */
export interface Told {
  kept(): void;
  refused(sheet: Sheet, refusal: Refusal): void;
  /** There is no connection, or nobody of ours answers. */
  cut(): void;
}

export class Outbox {
  private readonly waiting: Sheet[] = [];
  private working = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly closed: string,
    private readonly told: Told,
  ) {}

  /** How many sheets the server has not said yet that it has. */
  get left(): number {
    return this.waiting.length;
  }

  add(sheet: Sheet): void {
    this.waiting.push(sheet);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let sheet = this.waiting[0]; sheet; sheet = this.waiting[0]) {
      const refusal = await this.deliver(sheet);
      this.waiting.shift();
      if (refusal) this.told.refused(sheet, refusal);
      else this.told.kept();
    }
    this.working = false;
  }

  /** Send a sheet until the server has answered; null where it was kept. */
  async deliver(sheet: Sheet): Promise<Refusal | null> {
    for (let tried = 0; ; tried += 1) {
      const answer = await this.post(sheet).catch(() => "again" as const);
      if (answer === "kept") return null;
      if (answer !== "again") return answer;
      this.told.cut();
      await new Promise((resolve) => window.setTimeout(resolve, AGAIN_AFTER[Math.min(tried, AGAIN_AFTER.length - 1)]));
      await this.renewToken();
    }
  }

  private async post(sheet: Sheet): Promise<"kept" | "again" | Refusal> {
    const token = this.form.querySelector<HTMLInputElement>('input[name="~token"]')?.value ?? "";
    const body = new URLSearchParams(sheet.map(([name, value]) => [name, name === "~token" ? token : value]));
    const response = await fetch(this.form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
      keepalive: body.toString().length < OUTLIVES_ITS_PAGE,
    });
    if (response.headers.get("Content-Type")?.startsWith("application/json") !== true) {
      // Signed out in the meantime, busy, or a page of somebody else's network: nothing has been received.
      if (response.status === 409 || response.status === 404) return { faults: [{ place: "", message: this.closed }], personal: [] };
      return "again";
    }
    const told = (await response.json()) as { kept?: boolean; faults?: Fault[]; personal?: string[] };
    return response.status === 201 && told.kept === true ? "kept" : { faults: told.faults ?? [], personal: told.personal ?? [] };
  }

  /** After signing in again in another window the form's token is a new one: the page knows it. */
  private async renewToken(): Promise<void> {
    const page = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null);
    if (!page?.ok) return;
    const found = /name="~token" value="([0-9a-f]+)"/.exec(await page.text().catch(() => ""));
    const field = this.form.querySelector<HTMLInputElement>('input[name="~token"]');
    if (found?.[1] && field) field.value = found[1];
  }
}
