// What staff can do in the middle of a turn, behind their PIN. Nothing here shows an answer.

import { cleanScreen } from "./cleaning";
import { openDialog } from "./dialog";
import { button, make } from "./elements";
import type { KioskSay } from "./kiosk_words";
import { staffMayGoOn } from "./pin_pad";

export interface TurnChoices {
  /** Ends the turn; what was written is deleted. */
  readonly stop: () => Promise<void>;
  /** Puts the interview aside; null where that may not be. */
  readonly pause: (() => Promise<void>) | null;
  /** Called while the screen is cleaned: the turn is not idle. */
  readonly interested: () => void;
}

/** Asks for the PIN and shows what there is. */
export async function openTurnStaff(say: KioskSay, choices: TurnChoices): Promise<void> {
  if (!(await staffMayGoOn(say))) return;
  const primary = "button button-primary";
  const secondary = "button button-secondary";
  const choice = (label: string, style: string, act: () => void, about = ""): HTMLElement => {
    const made = button(label, style, act);
    return make("div", { className: "kiosk-choice" }, made, ...(about ? [make("p", {}, about)] : []));
  };
  const done = (act: () => Promise<void> | void) => () => {
    dialog.close();
    void act();
  };
  const { pause } = choices;
  const dialog = openDialog(
    say("staff_title"),
    "kiosk-staff-menu",
    choice(say("staff_go_on"), primary, done(() => undefined)),
    choice(say("cleaning"), secondary, done(() => cleanScreen(say, choices.interested))),
    ...(pause ? [choice(say("staff_pause"), secondary, done(pause), say("staff_pause_text"))] : []),
    choice(say("staff_stop"), secondary, done(choices.stop), say("staff_stop_text")),
  );
  dialog.leave = dialog.close;
}
