// Uploading scans at the desk: files are dropped or chosen, each goes as a request of its own, one after another, with a bar, and is
// sent again by itself when the line breaks. The name of a file is shown on this page and goes nowhere. Without this script the form
// sends the files itself.

/** Seconds before a file is sent again, the last one over and over. */
const PAUSES = [2, 5, 10, 20, 30];
/** After so many tries in a row without success a file is given up: the person chooses it again. */
const MOST_TRIES = 60;
/** Milliseconds between two looks at how far the server is. */
const LOOK_EVERY = 2000;
/** Files that were not added, the gravest first: the page of the batch has words for them. */
const NOT_ADDED = ["elsewhere", "empty", "same"];

interface Waiting {
  file: File;
  row: HTMLElement;
}

/** What one request came to: the server's words, `again` where it is worth another try. */
interface Answer {
  status: number;
  said: string;
  /** What became of the file: 'new', or why it was not added. */
  outcome?: string;
  again: boolean;
}

export function offerUploads(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>("input[type=file]");
  if (!field) return;
  const sender = new Sender(form);
  const words = document.createElement("p");
  words.className = "drop-words";
  words.textContent = form.dataset.drop ?? "";
  form.prepend(words);
  form.classList.add("drops");
  const button = form.querySelector<HTMLElement>("button[type=submit]");
  if (button?.parentElement) button.parentElement.hidden = true;
  field.addEventListener("change", () => {
    sender.add(Array.from(field.files ?? []));
    field.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    sender.add(Array.from(event.dataTransfer?.files ?? []));
  });
}

/** Sends files one after another, so that a slow line finishes one before it begins the next. */
class Sender {
  private readonly list: HTMLElement;
  private readonly queue: Waiting[] = [];
  private at: string | null;
  private busy = false;
  private sent = 0;
  private readonly outcomes = new Set<string>();

  constructor(private readonly form: HTMLFormElement) {
    this.at = form.dataset.begin === undefined ? form.action.replace(/\/files$/, "") : null;
    this.list = document.createElement("ul");
    this.list.className = "sending-list";
    form.append(this.list);
    window.addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  add(files: File[]): void {
    for (const file of files) {
      const row = this.row(file);
      if (file.size > Number(this.form.dataset.largest)) {
        const size = Math.floor(Number(this.form.dataset.largest) / 1048576);
        this.failed(row, (this.form.dataset.tooLarge ?? "").replace("{size}", String(size)));
        continue;
      }
      this.queue.push({ file, row });
    }
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    let all = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) all = (await this.send(next)) && all;
    this.busy = false;
    // The page of the batch says what became of them; where something failed, its words stay here to be read.
    if (!this.at || this.sent === 0 || !all) return;
    const told = NOT_ADDED.find((outcome) => this.outcomes.has(outcome));
    window.location.assign(told === undefined ? this.at : `${this.at}?told=${told}#told`);
  }

  private async send({ file, row }: Waiting): Promise<boolean> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const begun = this.at === null ? await this.begin() : null;
      const answer = begun ?? (await this.post(file, row));
      if (!answer.again) {
        if (answer.status >= 200 && answer.status < 300) {
          this.sent++;
          this.outcomes.add(answer.outcome ?? "");
          this.say(row, answer.said || (this.form.dataset.received ?? ""));
          row.querySelector("progress")?.remove();
          return true;
        }
        this.failed(row, answer.said);
        return false;
      }
      await this.pause(row, PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 30);
    }
    this.failed(row, this.form.dataset.lost ?? "");
    return false;
  }

  /** Begin a batch for the files; null when there is one now. */
  private async begin(): Promise<Answer | null> {
    const fields = new FormData(this.form);
    fields.delete("file");
    let response: Response;
    try {
      response = await fetch(this.form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(Array.from(fields, ([name, value]): [string, string] => [name, String(value)])),
      });
    } catch {
      return { status: 0, said: "", again: true };
    }
    const told = read(await response.text().catch(() => ""));
    if (response.ok && told.at) {
      this.at = told.at;
      return null;
    }
    return { status: response.status, said: told.said, again: worthAgain(response.status) };
  }

  private post(file: File, row: HTMLElement): Promise<Answer> {
    return new Promise((resolve) => {
      // A slow line tells of its progress late; the file under way is known at once.
      this.progress(row, file, 0);
      const request = new XMLHttpRequest();
      request.open("POST", `${this.at}/files`);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("Svarboks-Form-Token", this.form.querySelector<HTMLInputElement>("input[name=token]")?.value ?? "");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) this.progress(row, file, event.loaded / event.total);
      });
      const lost = () => resolve({ status: 0, said: "", again: true });
      request.addEventListener("error", lost);
      request.addEventListener("abort", lost);
      request.addEventListener("load", () => {
        const told = read(request.responseText);
        resolve({ status: request.status, said: told.said, outcome: told.outcome, again: worthAgain(request.status) });
      });
      request.send(file);
    });
  }

  private row(file: File): HTMLElement {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.className = "file-name";
    name.textContent = file.name;
    const said = document.createElement("span");
    said.className = "file-said";
    said.textContent = this.form.dataset.waits ?? "";
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", this.shown(file, 0));
    row.append(name, said, bar);
    this.list.append(row);
    return row;
  }

  private progress(row: HTMLElement, file: File, share: number): void {
    const bar = row.querySelector("progress");
    const percent = Math.round(share * 100);
    if (bar) {
      bar.value = percent;
      bar.setAttribute("aria-label", this.shown(file, percent));
    }
    this.say(row, (this.form.dataset.sending ?? "").replace("{share}", `${percent} %`));
  }

  private shown(file: File, percent: number): string {
    return (this.form.dataset.progress ?? "").replace("{name}", file.name).replace("{share}", `${percent} %`);
  }

  private async pause(row: HTMLElement, seconds: number): Promise<void> {
    this.say(row, (this.form.dataset.again ?? "").replace("{seconds}", String(seconds)));
    await new Promise<void>((resolve) => {
      window.setTimeout(resolve, seconds * 1000);
      window.addEventListener("online", () => resolve(), { once: true });
    });
  }

  private failed(row: HTMLElement, said: string): void {
    row.classList.add("failed");
    row.setAttribute("role", "alert");
    row.querySelector("progress")?.remove();
    this.say(row, said);
  }

  private say(row: HTMLElement, said: string): void {
    const at = row.querySelector(".file-said");
    if (at) at.textContent = said;
  }
}

/** No answer, too many at once, or a fault of the server that may pass. */
function worthAgain(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || (status >= 500 && status !== 507);
}

function read(text: string): { at: string; said: string; outcome: string } {
  try {
    const told: unknown = JSON.parse(text);
    const value = (name: string) => (typeof told === "object" && told !== null ? (told as Record<string, unknown>)[name] : undefined);
    const at = value("at");
    const said = value("said");
    const outcome = value("outcome");
    return {
      at: typeof at === "string" && at.startsWith("/desk/batches/") ? at : "",
      said: typeof said === "string" ? said : "",
      outcome: typeof outcome === "string" ? outcome : "",
    };
  } catch {
    return { at: "", said: "", outcome: "" };
  }
}

/** Look how far the server is while it reads or hands in, and show the page anew when that is done. */
export function followBatch(batch: HTMLElement): void {
  const at = batch.dataset.batch;
  if (!at || batch.dataset.reading !== "yes") return;
  const look = async () => {
    let told: { state: string; reading: boolean; sentence: string; files: { turn: number; said: string }[] };
    try {
      const response = await fetch(at, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      told = await response.json();
    } catch {
      window.setTimeout(() => void look(), LOOK_EVERY * 3);
      return;
    }
    const sentence = batch.querySelector("[data-sentence]");
    if (sentence && sentence.textContent !== told.sentence) sentence.textContent = told.sentence;
    for (const file of told.files) {
      const said = batch.querySelector(`[data-turn="${Number(file.turn)}"] [data-said]`);
      if (said) said.textContent = file.said;
    }
    const sending = batch.querySelector(".sending-list progress") !== null;
    const done = told.state !== batch.dataset.state || (!told.reading && told.state !== "accepting");
    if (done && !sending) {
      window.location.replace(window.location.pathname);
      return;
    }
    window.setTimeout(() => void look(), LOOK_EVERY);
  };
  window.setTimeout(() => void look(), LOOK_EVERY);
}
