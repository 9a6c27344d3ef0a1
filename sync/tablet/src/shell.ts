// The tablet's own page: made ready with a code, then a list of questionnaires. Two taps begin a turn (questionnaire and
// language), one says that somebody did not want to take part. It shows what waits, and keeps the tablet up to date while
// nobody answers.

import { installedBundle, installedBundles } from "./bundles";
import { button, called, focusOn, make } from "./elements";
import { requestFlush, keepSending } from "./flushing";
import { install, keepsApp, takeNewOnes } from "./installing";
import { type KioskSay, kioskSay } from "./kiosk_words";
import { bringBackWhatWasLost } from "./lost_answers";
import { counts, mayKeepAnother, onQueueChange, type Counts } from "./queue";
import { RoundList } from "./round_list";
import { filled, type ShellWord, type ShellWords, wordsOfShell } from "./shell_words";
import { bringBackSelf } from "./self_copy";
import { openStaffPanel } from "./staff_panel";
import { keepNamed, named, StorageError } from "./storage";
import { declined, enrol, type Enrolment, EnrolmentError, enrolment, manifest, type ManifestRound, refresh, report } from "./tablet_state";
import { turnAddress } from "./turn_address";
import { hasPage, startTurn } from "./turn_course";
import { backToOwnTurn, waitingTurns } from "./waiting_turns";

/** While the page is seen, the server is asked for news so often, in ms. */
const NEWS_EVERY = 15 * 60_000;
/** So long after it was asked the page is taken to be at rest, in ms: what else that caused goes to the old app's worker. */
const REST = 500;
/** So long after the queue last changed the desk is told what waits now, in ms: once for a whole flush, not for each batch. */
const TELL_AFTER = 3000;
/** What was opened and nobody has touched for so long keeps no new app waiting, in ms. */
const LEFT_ALONE = 3 * 60_000;

type Screen = "enrol" | "ready" | "language";

export class Shell {
  private readonly all = wordsOfShell();
  private readonly main = called("main");
  private readonly build = document.body.dataset["build"] ?? "";
  private language = "da";
  private screen: Screen = "ready";
  private me: Enrolment | null = null;
  private tellWaiting: () => void = () => undefined;
  private registration: ServiceWorkerRegistration | null = null;
  private news = 0;
  /** How many askings for news are under way, or were until a moment ago. */
  private asking = 0;
  private telling = 0;
  private touched = 0;

  /** Shows what is kept at once, then asks the server. */
  async start(): Promise<void> {
    const code = this.codeFromAddress();
    // Before anything is read: a database that begins empty does not know what this browser is.
    await bringBackSelf().catch(() => false);
    // Who is in the middle of a turn does not get out of it this way. Where that cannot be read, what follows says so.
    if (await backToOwnTurn().catch(() => false)) return;
    try {
      this.language = (await named<string>("shell-language")) ?? (navigator.language.startsWith("en") ? "en" : "da");
      this.me = await enrolment();
    } catch (error) {
      this.drawFrame();
      return this.showMayNot(error instanceof StorageError ? error.word : "storage_missing");
    }
    this.drawFrame();
    onQueueChange(() => {
      void this.drawStatus();
      window.clearTimeout(this.telling);
      this.telling = window.setTimeout(() => void this.tellDesk(), TELL_AFTER);
    });
    for (const name of ["pointerdown", "keydown"]) window.addEventListener(name, () => (this.touched = Date.now()), { capture: true, passive: true });
    window.addEventListener("online", () => void this.update());
    // The square code was scanned while this page was open.
    window.addEventListener("hashchange", () => {
      const scanned = this.codeFromAddress();
      if (scanned) void this.enrolWith(scanned).then(() => this.update());
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) void this.draw();
    });
    // What this browser lost of its database comes back from the copies, before anybody is told that nothing waits.
    await bringBackWhatWasLost().catch(() => 0);
    keepSending();
    // Before anything is asked: on a line that stalls the first answer may be long in coming.
    this.news = window.setInterval(() => {
      if (document.visibilityState === "visible" && this.asking === 0) void this.update();
    }, NEWS_EVERY);
    const installing = this.bringApp();
    if (code) await this.enrolWith(code);
    else await this.draw();
    await installing;
    await this.update();
  }

  private say(word: ShellWord, values: Readonly<Record<string, string | number>> = {}): string {
    const words = this.all[this.language] as ShellWords;
    return filled(words[word], values);
  }

  private get kiosk(): KioskSay {
    return kioskSay(this.language, this.all[this.language] ?? {});
  }

  private openStaff(): Promise<void> {
    return openStaffPanel(this.kiosk, { build: this.build, language: this.language, enrolAgain: () => this.showEnrolment() });
  }

  // --- the app itself

  private async bringApp(): Promise<void> {
    this.registration = await install("app");
    if (!this.registration) return;
    this.tellWaiting = takeNewOnes(
      this.registration,
      () => this.atRest(),
      () => (navigator.serviceWorker.controller ? window.location.reload() : void this.drawStatus()),
    );
    void navigator.serviceWorker.ready.then(() => this.drawStatus());
  }

  /** Whether the page may be loaded anew: nothing is asked, nothing was begun and nothing is open, or nobody has been there for long. */
  private atRest(): boolean {
    if (this.asking > 0 || (this.screen === "enrol" && this.typedCode())) return false;
    const begun = this.screen === "language" || document.querySelector(".kiosk-dialog") !== null;
    return !begun || Math.abs(Date.now() - this.touched) > LEFT_ALONE;
  }

  /** The desk hears what waits once something was sent: it may take it for waiting otherwise until the next news. */
  private async tellDesk(): Promise<void> {
    if (this.me) await this.whileAsking(() => report(this.build, undefined, true).catch(() => undefined));
  }

  /** Asks for news: rounds, new versions of questionnaires, a new app. Nothing here ends what is under way. */
  private update(): Promise<void> {
    return this.whileAsking(() => this.askForNews());
  }

  private async whileAsking(act: () => Promise<void>): Promise<void> {
    this.asking += 1;
    try {
      await act();
    } finally {
      window.setTimeout(() => {
        this.asking -= 1;
        this.tellWaiting();
      }, REST);
    }
  }

  private async askForNews(): Promise<void> {
    void this.registration?.update().catch(() => undefined);
    const known = this.me !== null;
    try {
      // Also where nothing is known here: this browser's storage may have been lost, and its token not.
      await refresh(this.build);
      this.me = await enrolment();
      if (!this.me) return;
      if (!known) {
        this.drawFrame();
        await this.draw();
      }
    } catch (error) {
      if (error instanceof StorageError) return this.showMayNot(error.word);
      throw error;
    }
    requestFlush("opened");
    // Somebody may tap while what is kept is read: a questionnaire that was chosen stays chosen.
    if (this.screen === "ready") await this.draw(() => this.screen === "ready");
    document.body.dataset["asked"] = String(Number(document.body.dataset["asked"] ?? 0) + 1);
  }

  // --- screens

  /** `still`: whether the page is still to be drawn once what it shows has been read. */
  private async draw(still: () => boolean = () => true): Promise<void> {
    if (!this.me) this.showEnrolment();
    else await this.showReady(still);
    await this.drawStatus();
  }

  private drawFrame(): void {
    document.documentElement.lang = this.language;
    const switches = Object.entries(this.all).map(([tag, words]) => {
      const one = button(words.language, "tablet-language", () => void this.speak(tag));
      one.lang = tag;
      one.setAttribute("aria-pressed", String(tag === this.language));
      return one;
    });
    called("tablet-languages").replaceChildren(...switches);
    called("tablet-unit").textContent = this.me?.unit.name ?? "";
    called("tablet-staff").replaceChildren(...(this.me ? [button(this.kiosk("staff"), "kiosk-staff", () => void this.openStaff())] : []));
  }

  private async speak(language: string): Promise<void> {
    this.language = language;
    this.drawFrame();
    await keepNamed({ "shell-language": language }).catch(() => undefined);
    await this.draw();
  }

  private show(screen: Screen, ...content: (Node | string)[]): void {
    this.screen = screen;
    document.body.dataset["screen"] = screen;
    this.main.replaceChildren(...content);
  }

  private showEnrolment(fault: ShellWord | null = null, typed = ""): void {
    const field = make("input", { className: "form-input", id: "enrol-code", name: "code", type: "text", value: typed, maxLength: 20, autocomplete: "off", spellcheck: false });
    field.setAttribute("autocapitalize", "characters");
    field.dir = "ltr";
    const error = make("p", { className: "form-error-message", id: "enrol-error", hidden: fault === null }, fault ? this.say(fault) : "");
    field.setAttribute("aria-describedby", "enrol-error");
    if (fault) field.setAttribute("aria-invalid", "true");
    const form = make("form", { className: "tablet-enrol", noValidate: true }, make("label", { htmlFor: "enrol-code", className: "form-label" }, this.say("enrol_code")), error, field);
    const send = make("button", { type: "submit", className: "button button-primary" }, this.say("enrol_button"));
    form.append(send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) void this.enrolWith(field.value);
      else field.focus();
    });
    const heading = make("h1", { tabIndex: -1 }, this.say("enrol_title"));
    this.show("enrol", heading, make("p", {}, this.say("enrol_text")), form);
    if (fault) field.focus();
  }

  private typedCode(): string {
    return document.querySelector<HTMLInputElement>("#enrol-code")?.value.trim() ?? "";
  }

  private enrolWith(code: string): Promise<void> {
    return this.whileAsking(() => this.enrolNow(code));
  }

  private async enrolNow(code: string): Promise<void> {
    this.show("enrol", make("h1", {}, this.say("enrol_title")), make("p", { className: "tablet-working" }, this.say("enrol_working")));
    try {
      this.me = await enrol(code);
      this.drawFrame();
      await refresh(this.build);
    } catch (error) {
      if (error instanceof StorageError) return this.showMayNot(error.word);
      if (!(error instanceof EnrolmentError)) throw error;
      this.showEnrolment(error.word, code);
      return this.drawStatus();
    }
    await this.draw();
    focusOn(this.main);
  }

  private async showReady(still: () => boolean): Promise<void> {
    const rounds = (await manifest())?.rounds ?? [];
    const bundles = new Map((await installedBundles()).map((bundle) => [bundle.round, bundle]));
    const content: Node[] = [];
    const standing = this.me?.standing;
    if (standing && standing !== "enrolled") {
      const notice = make("div", { className: "tablet-notice" }, make("p", {}, this.say(`standing_${standing}`)));
      notice.append(button(this.say("again_button"), "button button-secondary", () => this.showEnrolment()));
      content.push(notice);
    }
    const list = new RoundList(this.language, (word, values) => this.say(word, values), (round) => void this.showLanguages(round), (round) => this.decline(round));
    const offered = standing === "revoked" ? [] : rounds.filter((round) => round.state !== "closed");
    if (standing !== "revoked") content.push(make("h1", { tabIndex: -1 }, this.say(offered.length > 0 ? "ready_title" : "ready_none")));
    if (offered.length > 0) content.push(list.draw(offered, new Set(bundles.keys())));
    else if (standing !== "revoked") content.push(make("p", {}, this.say("ready_none_text")));
    const waiting = await waitingTurns(this.kiosk).catch(() => null);
    if (still()) this.show("ready", ...content, ...(waiting ? [waiting] : []));
  }

  private async showLanguages(round: ManifestRound): Promise<void> {
    const pages = (await installedBundle(round.round))?.pages ?? {};
    const languages = round.languages.filter(({ tag }) => tag in pages);
    const only = languages[0];
    if (!only) return this.draw();
    if (languages.length === 1) return this.begin(round, only.tag);
    const heading = make("h1", { tabIndex: -1 }, this.say("language_title"));
    const list = make("ul", { className: "tablet-choices" });
    for (const { tag, name, direction } of languages) {
      const one = button(name, "tablet-choice", () => void this.begin(round, tag));
      [one.lang, one.dir] = [tag, direction];
      list.append(make("li", {}, one));
    }
    this.show("language", make("p", { className: "tablet-round-title" }, round.title[this.language] ?? Object.values(round.title)[0] ?? ""), heading, list, button(this.say("back"), "button button-secondary", () => void this.draw()));
    focusOn(heading);
  }

  /** Begins a turn, if its answer could be kept: with what is installed now, which may be another version than when the list was drawn. */
  private async begin(round: ManifestRound, language: string): Promise<void> {
    try {
      const bundle = await installedBundle(round.round);
      const room = bundle && (await mayKeepAnother(bundle.paddedSize));
      if (room && !room.ok) return this.showMayNot(room.why);
      const turn = bundle && (await startTurn(bundle, language, round.turn_minutes));
      // The list as it is now: another version has come, or the questionnaire has gone.
      if (!turn || !(await hasPage(turn))) return await this.draw();
    } catch (error) {
      return this.showMayNot(error instanceof StorageError ? error.word : "storage_refused");
    }
    window.location.assign(turnAddress(round.round, language));
  }

  private showMayNot(why: ShellWord): void {
    const heading = make("h1", { tabIndex: -1 }, this.say("may_not_title"));
    this.show("ready", heading, make("p", { className: "tablet-notice" }, this.say(why)), button(this.say("back"), "button button-secondary", () => void this.draw()));
    focusOn(heading);
  }

  private async decline(round: ManifestRound): Promise<void> {
    try {
      await declined(round.round);
    } catch (error) {
      return this.showMayNot(error instanceof StorageError ? error.word : "storage_refused");
    }
    await this.drawStatus(this.say("declined_noted"));
  }

  // --- what waits

  private async drawStatus(first = ""): Promise<void> {
    const found = await counts();
    // A browser that is no tablet (any more) still says what waits in it: it goes up when it is one again.
    const told = this.me !== null || found.waiting + found.failed > 0;
    const lines = [first, ...(told ? this.queueLines(found) : []), this.offlineLine()].filter(Boolean);
    called("tablet-status").replaceChildren(...lines.map((line) => make("p", {}, line)));
  }

  private queueLines({ waiting, delivered, failed }: Counts): string[] {
    const lines: string[] = [];
    if (waiting > 0) lines.push(waiting === 1 ? this.say("waiting_one") : this.say("waiting_many", { n: waiting }));
    else if (delivered > 0) lines.push(this.say("waiting_none"));
    else if (failed === 0) lines.push(this.say("nothing_yet"));
    if (failed > 0) lines.push(failed === 1 ? this.say("failed_one") : this.say("failed_many", { n: failed }));
    return lines;
  }

  private offlineLine(): string {
    if (!("serviceWorker" in navigator)) return this.say("no_offline");
    if (!this.me) return "";
    return this.say(keepsApp(this.registration) ? "offline_ready" : "getting_ready");
  }

  private codeFromAddress(): string {
    const found = /(?:^#|&)enrol=([^&]*)/.exec(window.location.hash);
    if (window.location.hash) history.replaceState(null, "", window.location.pathname);
    try {
      return decodeURIComponent(found?.[1] ?? "");
    } catch {
      return "";
    }
  }

  /** For tests: ends what runs by itself. */
  stop(): void {
    window.clearInterval(this.news);
  }
}
