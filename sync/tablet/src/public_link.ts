// The public link with and without a network: the page is kept once it has been visited, a finished answer goes into the queue
// of this browser, and the person is told whether it has been sent or waits.

import { make } from "./elements";
import { fateOf, type Fate, keepSending, sendOrWait } from "./flushing";
import { install } from "./installing";
import { counts, keepSealed, onQueueChange, stateOf, withdrawRefused } from "./queue";
import { canSeal } from "./seal";
import type { Sealed } from "./sending";
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
  if ((await counts("web")).waiting === 0) return;
  const words = make("p", { className: "delivery delivery-waits" }, say("delivery_earlier"));
  words.setAttribute("role", "status");
  document.getElementById("main")?.prepend(words);
  const stop = onQueueChange(() => {
    void counts("web").then(({ waiting }) => {
      if (waiting > 0) return;
      stop();
      words.remove();
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
  await sendOrWait();
  const fate = await fateOf(key);
  // The answers are still on the page, and can be corrected or sent again from there.
  if (fate.state === "failed") await withdrawRefused(key).catch(() => undefined);
  return fate;
}

/** Says on the thank-you page what became of the answer, and says it anew when that changes. */
export function tellDelivery(main: HTMLElement, key: string, fate: Fate, say: Say): void {
  const words = make("p", { className: "delivery" });
  words.setAttribute("role", "status");
  const received = main.querySelector<HTMLElement>("[data-received]");
  const tell = (delivered: boolean): void => {
    words.classList.toggle("delivery-waits", !delivered);
    // The page's own sentence says it already.
    words.textContent = !delivered ? say("delivery_waits") : received ? "" : say("delivery_sent");
    if (received) received.hidden = !delivered;
  };
  tell(fate.state === "delivered");
  main.querySelector("h1")?.after(words);
  if (fate.state === "delivered") return;
  const stop = onQueueChange(() => {
    void stateOf(key).then((found) => {
      if (found?.state !== "delivered") return;
      stop();
      tell(true);
    });
  });
}
