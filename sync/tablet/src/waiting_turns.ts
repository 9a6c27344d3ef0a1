// What waits for staff on the ready page: a turn that its tab has lost, and interviews that were put aside. No word of what
// is in them; the PIN leads on.

import { showVersionOf } from "./bundles";
import { button, make } from "./elements";
import type { KioskSay } from "./kiosk_words";
import { staffMayGoOn } from "./pin_pad";
import { adopt, currentTurn, leadOn, ledBack, pausedTurns, resumeTurn, type Turn } from "./turn";
import { turnAddress } from "./turn_address";
import { hasPage } from "./turn_course";

/** Goes back to the turn that this tab is in, if it is in one: the ready page is not a way out of it. */
export async function backToOwnTurn(): Promise<boolean> {
  const found = await currentTurn();
  // Without its page, or where the page does not come to show itself, the way there would lead back here for ever.
  if (!found?.own || !(await hasPage(found.turn)) || !ledBack()) return false;
  goTo(found.turn);
  return true;
}

/** The list for the ready page; null when nothing waits. */
export async function waitingTurns(say: KioskSay): Promise<HTMLElement | null> {
  const [found, paused] = [await currentTurn(), await pausedTurns()];
  const rows: HTMLElement[] = [];
  const row = (words: string, act: () => Promise<Turn>): void => {
    rows.push(make("li", {}, button(words, "tablet-choice tablet-waiting-turn", () => void underPin(say, act))));
  };
  if (found && !found.own) {
    row(say("unfinished_one"), () => {
      adopt(found.turn);
      return Promise.resolve(found.turn);
    });
  }
  for (const { id } of paused) row(say("paused_one"), () => resumeTurn(id));
  if (rows.length === 0) return null;
  const heading = make("h2", {}, say("waiting_title"));
  return make("section", { className: "tablet-waiting" }, heading, make("ul", { className: "tablet-choices" }, ...rows));
}

async function underPin(say: KioskSay, act: () => Promise<Turn>): Promise<void> {
  if (!(await staffMayGoOn(say))) return;
  try {
    const turn = await act();
    await showVersionOf(turn.id);
    if (!(await hasPage(turn))) throw new Error("its page is gone");
    goTo(turn);
  } catch {
    // It is no longer there: the ready page as it is now.
    window.location.reload();
  }
}

function goTo(turn: Turn): void {
  leadOn();
  window.location.replace(turnAddress(turn.round, turn.language));
}
