// A turn and the version of the questionnaire that it holds on to: begun and ended together.

import { holdVersion, type InstalledBundle, releaseAllBut, releaseVersion, turnPage } from "./bundles";
import { copySelf } from "./self_copy";
import { beginTurn, endTurn, pausedTurns, type Turn } from "./turn";

/** Begins a turn in this tab with the version that is installed now; null when another has come meanwhile. Throws StorageError, and
 * whatever keeps the turn from being kept. */
export async function startTurn(bundle: InstalledBundle, language: string, minutes: number): Promise<Turn | null> {
  const { round, version } = bundle;
  const turn = await beginTurn({ round, version, language, minutes });
  await releaseAllBut([turn.id, ...(await pausedTurns()).map(({ id }) => id)]);
  if (await holdVersion(turn.id, bundle)) {
    await copySelf();
    return turn;
  }
  await finishTurn(turn.id);
  return null;
}

/** Whether the turn's page is here. A turn without one is ended: nobody could ever go on with it. */
export async function hasPage(turn: Turn): Promise<boolean> {
  if (await turnPage(turn.round, turn.language)) return true;
  await finishTurn(turn.id);
  return false;
}

/** Ends a turn: what was written is deleted, and its version may be replaced. */
export async function finishTurn(id: string): Promise<void> {
  await endTurn(id);
  // What is held for too long is let go when the next turn begins.
  await releaseVersion(id).catch(() => undefined);
}
