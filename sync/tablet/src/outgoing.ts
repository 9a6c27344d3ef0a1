// One answer on its way out of the page: sealed with what the form says, then sent until it is received or refused.

import { button, make } from "./elements";
import type { Answers } from "./form_fields";
import { pad, randomKey, seal } from "./seal";
import { deliver, type Delivery, type Sealed } from "./sending";
import type { Say, Word } from "./words";

/** Seals the answers to the round that the form belongs to, under a key of their own. */
export async function sealAnswers(form: HTMLFormElement, answers: Answers, language: string): Promise<Sealed> {
  const { round = "", version = "", channel = "web", kid = "", publicKey = "", paddedSize = "", unit } = form.dataset;
  const key = randomKey();
  const plain = pad({ answers, language }, Number(paddedSize));
  return { key, envelope: await seal({ key, round, version, channel, unit: unit || null, kid }, plain, publicKey) };
}

/** Sends to `url`, saying in `status` what happens meanwhile, with a button that tries at once. */
export function transmit(url: string, sealed: Sealed, status: HTMLElement, say: Say): Promise<Delivery> {
  let now = (): void => undefined;
  return deliver(url, sealed, {
    fetch: (input, init) => fetch(input, init),
    again: () => {
      const tryNow = button(say("send_now"), "button button-secondary", () => now());
      if (!status.querySelector("button")) status.replaceChildren(make("p", {}, say("send_again")), tryNow);
    },
    pause: (seconds) =>
      new Promise((resolve) => {
        const timer = window.setTimeout(() => now(), seconds * 1000);
        now = () => {
          window.clearTimeout(timer);
          window.removeEventListener("online", now);
          resolve();
        };
        window.addEventListener("online", now);
      }),
  });
}

/** The words for a refusal that is not about a letter's code. */
export function refusalWord(code: string): Word {
  return code === "round-full" ? "refused_full" : /^(round-not-open|no-such-round)$/.test(code) ? "refused_closed" : "refused";
}
