// The public link with and without a network: the page is kept once it has been visited, a finished answer goes into the queue
// of this browser, and the person is told whether it has been sent, waits or was refused.

import { fateOf, type Fate, keepSending, sendOrWait } from "./flushing";
import { install } from "./installing";
import { counts, keepSealed, onQueueChange, refusedIn, withdrawRefused } from "./queue";
import { Telling } from "./refused_answers";
import { canSeal } from "./seal";
import type { Sealed } from "./sending";
import { askToPersist } from "./storage";
import type { Say } from "./words";

/** Whether this is the page of a link that anybody may open; not the desk's, not a preview, not a tablet's. */
export function isPublicLink(form: HTMLFormElement): boolean {
  const { channel, unit, url, mark } = form.dataset;
  return channel === "web" && !unit && Boolean(url) && mark !== "preview" && canSeal();
}

/** Lets this page open without a network from now on, and sends what waits of earlier visits, saying so. */
export async function followPublicLink(say: Say): Promise<void> {
  keepSending();
  await tellOfEarlier(say);
  const registration = await install("visited");
  if (!registration) return;
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ type: "keep-page", address: window.location.pathname });
}

async function tellOfEarlier(say: Say): Promise<void> {
  const telling = new Telling(say);
  /** Whether there is anything to tell. */
  const draw = async (): Promise<boolean> => {
    const refused = await refusedIn("web");
    // Whoever opens the page now need not be the one who answered.
    if (refused) telling.refused(refused.key, refused.reason, "delivery_earlier_refused");
    else if ((await counts("web")).waiting > 0) telling.tell(say("delivery_earlier"), true);
    else return false;
    return true;
  };
  if (!(await draw())) return;
  document.getElementById("main")?.prepend(telling.element);
  const stop = onQueueChange(() => {
    void draw().then((some) => {
      if (some) return;
      stop();
      telling.element.remove();
    });
  });
}

/** Keeps the answer in this browser's queue and tries to send it at once. Null when it cannot be kept: then the page holds it. */
export async function sendOrKeep(sealed: Sealed, round: string): Promise<Fate | null> {
  const { key, envelope, code } = sealed;
  try {
    await keepSealed({ key, envelope, round, channel: "web", ...(code ? { code } : {}) });
  } catch {
    return null;
  }
  void askToPersist();
  await sendOrWait();
  const fate = await fateOf(key);
  // The answers are still on the page, and can be corrected or sent again from there.
  if (fate.state === "failed") await withdrawRefused(key).catch(() => undefined);
  return fate;
}

/** Says on the thank-you page what became of the answer, and says it anew when that changes. */
export function tellDelivery(main: HTMLElement, key: string, fate: Fate, say: Say): void {
  const telling = new Telling(say);
  const received = main.querySelector<HTMLElement>("[data-received]");
  const tell = (now: Fate): void => {
    const delivered = now.state === "delivered";
    if (now.state === "failed") telling.refused(key, now.reason);
    // The page's own sentence says it already.
    else telling.tell(!delivered ? say("delivery_waits") : received ? "" : say("delivery_sent"), !delivered);
    // What the questionnaire says in thanks (that the answers are now added up) is not true of ones that were refused.
    for (const one of Array.from(main.querySelectorAll<HTMLElement>(":scope > p, :scope > div"))) {
      if (one !== telling.element) one.hidden = one === received ? !delivered : now.state === "failed";
    }
  };
  main.querySelector("h1")?.after(telling.element);
  tell(fate);
  if (fate.state === "delivered") return;
  const stop = onQueueChange(() => {
    void fateOf(key).then((now) => {
      tell(now);
      if (now.state === "delivered") stop();
    });
  });
}
