// The answering page on a tablet: one turn, one person. It shows itself only to the tab that the turn began in, covers what
// rests, shows nothing while it is not in front, and lets nobody out without the staff's PIN.

import { AnsweringPage } from "./answering";
import { blankWhenHidden, Cover } from "./cover";
import type { Questionnaire } from "./definition";
import { leaveDialogs } from "./dialog";
import { button, called, make } from "./elements";
import { keepFieldsPrivate, keepPagePrivate } from "./field_privacy";
import { Idle } from "./idle";
import { type KioskSay, kioskSay } from "./kiosk_words";
import { canSeal } from "./seal";
import { keepSending, requestFlush } from "./flushing";
import { changeLanguage, currentTurn, hasShown, haveAlone, onTurnChange, pauseTurn, shownBefore, touchTurn, type Turn, TurnOver } from "./turn";
import { finishTurn } from "./turn_course";
import { emptyPage, SHELL, TurnOnPage } from "./turn_on_page";
import { openTurnStaff } from "./turn_staff";

/** The screen is covered after so long without a touch, in ms. */
export const COVER_AFTER = 3 * 60_000;
/** How often a touch is written down at most, in ms. */
const WRITE_TOUCH = 20_000;
const TOUCHES = ["pointerdown", "keydown", "input", "wheel", "touchmove"] as const;

/** Takes over a page of a tablet. It never leaves the plain form standing: a tablet has nowhere to post it. */
export async function answerInTurn(form: HTMLFormElement): Promise<void> {
  const root = document.documentElement;
  root.classList.add("kiosk", "blank");
  history.scrollRestoration = "manual";
  // A page that comes back from the browser's memory begins anew, and shows nothing until it knows whose turn it is.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    emptyPage();
    window.location.reload();
  });
  keepPagePrivate();
  keepFieldsPrivate(document);
  stayHere();
  const language = form.dataset["language"] ?? "en";
  const say = kioskSay(language);
  if (!canSeal()) return tell(say("cannot_seal"), "");
  const found = await currentTurn().catch(() => null);
  if (!found?.own || found.turn.round !== form.dataset["round"]) return leave();
  const letGo = await haveAlone();
  if (!letGo) return tell(say("elsewhere_title"), say("elsewhere_text"));
  keepSending();
  try {
    if (found.turn.language !== language) await changeLanguage(found.turn.id, language);
    await new Watch(form, found.turn, say, letGo).begin();
  } catch {
    leave();
  }
}

/** One page of a turn that is on. */
class Watch {
  private readonly page: AnsweringPage;
  private readonly turn: TurnOnPage;
  private readonly cover: Cover;
  private readonly idle: Idle;
  private readonly endings: (() => void)[] = [];
  private written = 0;
  private staffIsIn = false;

  constructor(
    form: HTMLFormElement,
    private readonly record: Turn,
    private readonly say: KioskSay,
    letGo: () => void,
  ) {
    const { shape = "survey", promise = "confidential" } = JSON.parse(called("definition").textContent ?? "{}") as Questionnaire;
    this.turn = new TurnOnPage(record, shape, say, requestFlush, () => this.end());
    this.page = new AnsweringPage(form, this.turn);
    this.cover = new Cover(say("cover_title"), say("cover_text"), () => this.touched());
    this.idle = new Idle([
      { after: COVER_AFTER, act: () => this.rest() },
      { after: record.minutes * 60_000, act: () => void this.stop() },
    ]);
    const staff = button(say("staff"), "kiosk-staff", () => void this.openStaff(shape === "interview" && promise === "confidential"));
    document.querySelector(".answering-head")?.append(staff);
    this.endings.push(letGo, () => this.idle.stop(), () => staff.remove());
  }

  async begin(): Promise<void> {
    // A page that is loaded again (a reload, a restored tab) was away: one touch goes on.
    const again = shownBefore(this.record.id);
    await this.page.start();
    hasShown();
    for (const name of TOUCHES) window.addEventListener(name, this.onTouch, { capture: true, passive: true });
    this.endings.push(() => TOUCHES.forEach((name) => window.removeEventListener(name, this.onTouch, { capture: true })));
    this.endings.push(blankWhenHidden(() => this.rest(), () => this.look()));
    this.endings.push(onTurnChange(() => this.look()));
    if (again || document.visibilityState === "hidden") this.cover.up();
    if (document.visibilityState !== "hidden") document.documentElement.classList.remove("blank");
  }

  private readonly onTouch = (): void => {
    // Under the cover a touch takes the cover away and does nothing else.
    if (!this.cover.isUp) this.touched();
  };

  /** Nobody is there: covered, and what staff had opened is closed. */
  private rest(): void {
    leaveDialogs();
    this.cover.up();
  }

  private touched(): void {
    this.idle.touched();
    if (Date.now() - this.written < WRITE_TOUCH && Date.now() >= this.written) return;
    this.written = Date.now();
    touchTurn(this.record.id).catch((error: unknown) => {
      // Where it cannot be written the turn ends sooner on disk; here it goes on.
      if (error instanceof TurnOver) this.turn.leave();
    });
  }

  /** Whether the turn is still on: another tab may have ended it, or the device slept. */
  private look(): void {
    this.idle.look();
    currentTurn().then(
      (found) => {
        if (found?.turn.id !== this.record.id) this.turn.leave();
      },
      () => undefined,
    );
  }

  private async openStaff(mayPause: boolean): Promise<void> {
    if (this.staffIsIn) return;
    this.staffIsIn = true;
    await openTurnStaff(this.say, {
      stop: () => this.stop(),
      pause: mayPause ? () => this.pause() : null,
      interested: () => this.touched(),
    });
    this.staffIsIn = false;
  }

  private async pause(): Promise<void> {
    await this.page.keepNow();
    try {
      await pauseTurn(this.record.id);
    } catch (error) {
      // It could not be put aside: it goes on.
      if (!(error instanceof TurnOver)) return this.turn.kept(error);
    }
    this.turn.leave();
  }

  private async stop(): Promise<void> {
    emptyPage();
    await finishTurn(this.record.id).catch(() => undefined);
    this.turn.leave();
  }

  private end(): void {
    for (const act of this.endings.splice(0)) act();
  }
}

/** No link leads out of the questionnaire, other languages of it apart. */
function stayHere(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (link && !link.closest(".answering-languages") && !(link.getAttribute("href") ?? "").startsWith("#")) event.preventDefault();
  });
  for (const name of ["contextmenu", "dragstart", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
}

/** Says one thing and shows nothing else. */
function tell(title: string, text: string): void {
  const main = make("main", { id: "main", className: "kiosk-told" }, make("h1", {}, title), ...(text ? [make("p", {}, text)] : []));
  emptyPage();
  document.body.append(main);
  document.documentElement.classList.remove("blank");
}

function leave(): void {
  emptyPage();
  window.location.replace(SHELL);
}
