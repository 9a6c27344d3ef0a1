// What staff see of a tablet between turns: counts and versions, sending, cleaning. Nothing here reads or deletes an answer.

import { installedBundles } from "./bundles";
import { cleanScreen } from "./cleaning";
import { openDialog } from "./dialog";
import { button, make } from "./elements";
import { sendNow } from "./flushing";
import { Idle } from "./idle";
import type { KioskSay } from "./kiosk_words";
import { staffMayGoOn } from "./pin_pad";
import { counts, onQueueChange } from "./queue";
import { bytesLeft, hasPromised } from "./storage";
import { manifest, saveQueueToFile } from "./tablet_state";

/** It closes by itself after so long without a touch, in ms. */
const CLOSE_AFTER = 3 * 60_000;
const TOUCHES = ["pointerdown", "keydown"] as const;

export interface PanelOptions {
  /** Id of the app's build. */
  readonly build: string;
  /** The language that titles of rounds are shown in. */
  readonly language: string;
  /** Shows the field for a code from the desk. */
  readonly enrolAgain: () => void;
}

/** Asks for the PIN, then shows the panel. A tablet that does not know its PIN (not: cannot read it) shows it unasked: it can only be made ready again. */
export async function openStaffPanel(say: KioskSay, options: PanelOptions): Promise<void> {
  if (!(await staffMayGoOn(say))) return;
  const facts = make("dl", { className: "panel-facts" });
  const said = make("p", { className: "panel-said" });
  said.setAttribute("role", "status");
  const draw = (): void => void drawFacts(facts, say, options).catch(() => undefined);
  const close = (): void => {
    idle.stop();
    stopListening();
    for (const name of TOUCHES) window.removeEventListener(name, touched, { capture: true });
    dialog.close();
  };
  const touched = (): void => idle.touched();
  const action = (label: string, act: () => void, about = "", style = "button-secondary"): HTMLElement =>
    make("div", { className: "kiosk-choice" }, button(label, `button ${style}`, act), ...(about ? [make("p", {}, about)] : []));
  const dialog = openDialog(
    say("staff_title"),
    "kiosk-panel",
    facts,
    action(say("panel_send"), () => void send(said, say), "", "button-primary"),
    said,
    action(say("panel_save"), () => void save(said, say), say("panel_save_text")),
    action(say("cleaning"), () => void cleanScreen(say, touched)),
    action(say("panel_enrol"), () => {
      close();
      options.enrolAgain();
    }),
    action(say("panel_close"), close),
  );
  const idle = new Idle([{ after: CLOSE_AFTER, act: close }]);
  const stopListening = onQueueChange(draw);
  for (const name of TOUCHES) window.addEventListener(name, touched, { capture: true, passive: true });
  draw();
}

async function drawFacts(list: HTMLElement, say: KioskSay, { build, language }: PanelOptions): Promise<void> {
  const [{ waiting, delivered, failed }, left, bundles, known, promised] = await Promise.all([counts(), bytesLeft(), installedBundles(), manifest(), hasPromised()]);
  const number = new Intl.NumberFormat(language);
  const room = left === null ? say("panel_room_unknown") : say("panel_megabytes", { megabytes: Math.floor(left / 1_000_000) });
  const rows: Node[] = [];
  const row = (name: string, value: string, large = false): void => {
    rows.push(make("dt", {}, name), make("dd", large ? { className: "panel-large" } : {}, value));
  };
  row(say("panel_waiting"), number.format(waiting), true);
  row(say("panel_delivered"), number.format(delivered), true);
  row(say("panel_failed"), number.format(failed), true);
  row(say("panel_room"), room);
  row(say("panel_kept"), say(promised ? "panel_promised" : "panel_not_promised"));
  row(say("panel_app"), build);
  for (const { round, version } of bundles) {
    const title = known?.rounds.find((one) => one.round === round)?.title ?? {};
    row(title[language] ?? Object.values(title)[0] ?? round, say("panel_version", { version: version.slice(0, 8) }));
  }
  list.replaceChildren(...rows);
}

async function send(said: HTMLElement, say: KioskSay): Promise<void> {
  said.textContent = say("panel_sending");
  const { counts: left } = await sendNow();
  said.textContent = left.waiting === 0 ? say("panel_sent_all") : say("panel_still_waiting", { n: left.waiting });
}

/** Offers the file to the browser; its name says nothing but what it is. */
async function save(said: HTMLElement, say: KioskSay): Promise<void> {
  try {
    const address = URL.createObjectURL(await saveQueueToFile());
    const link = make("a", { href: address, download: "svarboks.svbb", hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch {
    said.textContent = say("panel_not_saved");
  }
}
