// The answering page: page by page, conditions live, a draft that survives, sealed and sent from here.
// What it expects of the page is docs/answering-page.md.

import { ask } from "./asking";
import { addClearButtons, settle } from "./choosing";
import { Corrections } from "./corrections";
import type { Questionnaire } from "./definition";
import { type Draft, Drafts } from "./draft";
import { filledFields, fillForm } from "./draft_fields";
import { all, button, called, focusOn, make } from "./elements";
import { clearFaults, forgive, questionAt } from "./faults";
import { aboutCode, CODE_PLACE, Invitation } from "./invitation";
import { refusalWord, sealAnswers, transmit } from "./outgoing";
import { lookForPersonalData } from "./personal_notice";
import { isPublicLink, sendOrKeep, tellDelivery } from "./public_link";
import { announcer, RepeatingGroup } from "./repetitions";
import { canSeal } from "./seal";
import type { Sealed } from "./sending";
import { Showing } from "./showing";
import { Steps } from "./steps";
import { offerTextSizes } from "./text_size";
import type { TurnOnPage } from "./turn_on_page";
import { type Say, sayFrom, wordsOfPage } from "./words";

/** A draft is kept so long after the last key, in ms. */
const KEEP_AFTER = 300;

export class AnsweringPage {
  private readonly questionnaire: Questionnaire;
  private readonly say: Say;
  private readonly language: string;
  private readonly drafts: Drafts | null;
  private readonly invitation: Invitation | null;
  private readonly groups: RepeatingGroup[] = [];
  private readonly showing: Showing;
  private readonly steps: Steps;
  private readonly corrections: Corrections;
  private readonly status = called("status");
  private readonly progress = called("progress");
  private readonly send = called<HTMLButtonElement>("send");
  private readonly back: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private timer = 0;
  /** True from the moment an answer is sealed until it is refused: then nothing may be changed. */
  private sending = false;
  private finished = false;
  private broken = false;
  /** While the server is asked about a code. */
  private asking = false;

  /** `turn`: on a tablet, the turn that this page belongs to. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly turn: TurnOnPage | null = null,
  ) {
    this.language = form.dataset["language"] ?? "en";
    this.questionnaire = JSON.parse(called("definition").textContent ?? "") as Questionnaire;
    this.say = sayFrom(wordsOfPage(), this.language);
    // Who answers for several units has a draft for each.
    const draftOf = [form.dataset["round"] ?? "", form.dataset["unit"]].filter(Boolean).join("/");
    this.drafts = turn?.drafts ?? (canSeal() && form.dataset["url"] ? new Drafts(draftOf) : null);
    this.invitation = Invitation.on(form, this.say);
    this.back = button(this.say("back"), "button button-secondary back", () => this.backward());
    this.next = button(this.say("next"), "button button-primary next", () => void this.forward());
    this.showing = new Showing(form, this.questionnaire, this.groups, { back: this.back, next: this.next, send: this.send }, this.say);
    this.steps = new Steps(this.showing, turn?.id ?? "");
    this.corrections = new Corrections(form, this.questionnaire, this.language, this.say, this.showing, this.invitation, (page) => this.goTo(page, "push"));
  }

  /** Takes the page over. Rejects when it cannot; giveUp then leaves the plain form. */
  async start(): Promise<void> {
    const announce = announcer();
    const size = document.getElementById("text-size");
    if (size) offerTextSizes(size, this.say);
    for (const element of all(this.form, "[data-kind=group]")) {
      const question = questionAt(this.questionnaire, element.dataset["question"] ?? "");
      this.groups.push(new RepeatingGroup(element, question?.minimum ?? 0, question?.maximum ?? 10, this.say, announce, () => this.changed()));
    }
    addClearButtons(this.form, this.say, () => this.changed());
    this.showing.begin();
    document.documentElement.classList.add("enhanced");

    this.form.addEventListener("input", (event) => this.onInput(event));
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    window.addEventListener("popstate", (event) => this.onHistory(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.keepNow();
    });
    for (const link of all(document, ".answering-languages a")) link.addEventListener("click", (event) => this.onLanguage(event));

    const code = this.invitation ? Invitation.fromAddress() : "";
    if (this.invitation && code) this.invitation.typed = code;
    const wrong = this.form.querySelector<HTMLElement>(".form-error");
    this.turn?.watches(this.form, () => this.changed());
    this.showing.draw();
    this.showing.current = this.showing.pages[0]?.id ?? "";
    this.steps.begin(history.state);
    if (wrong) {
      // The plain form came back with faults: begin at the first, with the server's summary.
      this.goTo(this.showing.pageOf(wrong)?.id ?? this.showing.current, "stay");
      this.corrections.linkSummary();
      focusOn(called("error-summary"));
      return;
    }
    const restored = await this.restore();
    // The letter in hand says more than a draft.
    if (this.invitation && code && !this.sending) this.invitation.typed = code;
    this.goTo(restored ?? this.showing.current, "stay");
  }

  /** The plain form again, whole. */
  giveUp(): void {
    this.broken = true;
    document.documentElement.classList.remove("enhanced");
    this.form.hidden = false;
    for (const one of all(this.form, ".question-section, [data-question]")) one.hidden = false;
    for (const one of [this.back, this.next]) one.remove();
    for (const one of all(document, "main > .notice-box")) one.remove();
    this.progress.hidden = true;
    this.send.hidden = false;
    this.status.replaceChildren();
  }

  // --- from page to page

  /** Shows a page. `how`: "push" a step that the browser's Back returns from, or "stay" within this one. */
  private goTo(id: string, how: "push" | "stay"): void {
    this.showing.turnTo(id);
    this.steps.write(how);
  }

  private async forward(): Promise<void> {
    if (this.asking) return;
    const wrong = this.corrections.here();
    this.corrections.show(wrong);
    if (wrong.length > 0) return;
    if (this.invitation && this.showing.page?.section.dataset["section"] === CODE_PLACE) {
      this.asking = true;
      const fault = await this.invitation.ask();
      this.asking = false;
      if (fault) return this.corrections.show([fault]);
    }
    const following = this.showing.pages[this.showing.index() + 1];
    if (!following) return;
    this.goTo(following.id, "push");
    this.arrive();
    void this.keepNow();
  }

  private backward(): void {
    if (this.steps.back()) return;
    const before = this.showing.pages[this.showing.index() - 1];
    if (!before) return;
    clearFaults(this.form);
    this.goTo(before.id, "stay");
    this.arrive();
  }

  /** At the top of a new page, reading on from its heading. */
  private arrive(): void {
    window.scrollTo(0, 0);
    const page = this.showing.page;
    const heading = page?.first ? page.section.querySelector<HTMLElement>("h2") : page?.statement?.element.querySelector("legend");
    if (page) focusOn(heading ?? page.questions[0] ?? page.section);
  }

  private onHistory(event: PopStateEvent): void {
    if (this.finished || this.sending || this.broken) return;
    clearFaults(this.form);
    const page = this.steps.read(event.state);
    // An entry that an earlier turn left: the person stays where they are.
    if (page === null) return this.steps.write("stay");
    this.showing.current = page || (this.showing.pages[0]?.id ?? "");
    this.showing.draw();
    this.arrive();
    void this.keepNow();
  }

  // --- changes

  private onInput(event: Event): void {
    if (event.target instanceof HTMLElement) {
      settle(event.target);
      const question = event.target.closest<HTMLElement>("[data-question]");
      if (question) forgive(question);
    }
    this.changed();
  }

  private changed(): void {
    this.showing.draw();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.keepNow(), KEEP_AFTER);
  }

  // --- the draft

  private draft(sealed?: Sealed): Draft {
    const fields = filledFields(this.form);
    if (fields.length > 0 && this.invitation?.typed) fields.push([CODE_PLACE, this.invitation.typed]);
    const kept = sealed && { key: sealed.key, envelope: Array.from(sealed.envelope) };
    const running = this.turn?.running ?? [];
    return { fields, page: this.showing.current, ...(kept ? { sealed: kept } : {}), ...(running.length > 0 ? { running } : {}) };
  }

  /** Keeps the draft now. */
  async keepNow(): Promise<void> {
    window.clearTimeout(this.timer);
    if (!this.drafts || this.sending || this.finished || this.broken) return;
    const draft = this.draft();
    if (draft.fields.length === 0 && !draft.running) return;
    try {
      await this.drafts.keep(draft);
      this.turn?.kept(null);
    } catch (error) {
      // No room or no storage: the answers still stand on the page. On a tablet that is said.
      this.turn?.kept(error);
    }
  }

  /** Brings back what was kept; gives the page it was at. */
  private async restore(): Promise<string | null> {
    if (!this.drafts) return null;
    let found: Awaited<ReturnType<Drafts["look"]>> = "none";
    try {
      found = await this.drafts.look();
      if (found === "none") return null;
      // A turn's draft is the turn's, whichever tab it was in.
      if (found === "other" && !this.turn) {
        const go = await ask(this.form, this.say, this.say("draft_title"), [this.say("draft_text")], ["draft_continue", "draft_afresh"]);
        if (go === "draft_afresh") {
          await this.drafts.clear();
          return null;
        }
      }
    } catch {
      return null;
    }
    const draft = await this.drafts.take();
    if (!draft) return null;
    fillForm(this.form, this.groups, draft.fields);
    this.turn?.resume(draft.running ?? []);
    this.showing.draw();
    if (draft.sealed) {
      // It was sealed and perhaps received: the same bytes again, so that it counts once.
      void this.transmit({ key: draft.sealed.key, envelope: Uint8Array.from(draft.sealed.envelope) });
    }
    return draft.page;
  }

  private onLanguage(event: Event): void {
    const link = event.currentTarget as HTMLAnchorElement;
    if (!this.drafts || this.finished) return;
    event.preventDefault();
    // In the fragment, as it came.
    const typed = this.invitation?.typed.trim();
    const href = typed ? `${link.href}#code=${encodeURIComponent(typed)}` : link.href;
    void this.keepNow().then(() => (this.turn ? this.turn.goTo(href) : window.location.assign(href)));
  }

  // --- sending

  private onSubmit(event: Event): void {
    if (this.broken) return;
    event.preventDefault();
    // Enter in a field: on, as the button would.
    if (this.showing.index() < this.showing.pages.length - 1) void this.forward();
    else void this.finish();
  }

  private async finish(): Promise<void> {
    if (this.sending) return;
    const checked = this.showing.checked();
    const faults = this.corrections.of(checked);
    if (faults.length > 0) return this.corrections.showFrom(faults);
    clearFaults(this.form);
    const personal = lookForPersonalData(checked, (place) => this.showing.placeOnPage(place), this.say);
    if (personal) {
      const choice = await ask(this.form, this.say, this.say("personal_title"), personal.texts, ["personal_take_out", "personal_go_on", "personal_back"]);
      this.showing.draw();
      if (choice === "personal_back") return this.corrections.bring(personal.question);
      if (choice === "personal_take_out") {
        personal.takeOut();
        this.showing.draw();
      }
      // The server asks about a CPR number too; who has said here that it may go is not asked twice.
      if (!this.drafts && choice === "personal_go_on") this.form.append(make("input", { type: "hidden", name: "~personal", value: "seen" }));
    }
    if (this.form.dataset["mark"] === "preview") return this.thank();
    if (!this.drafts) {
      this.form.submit();
      return;
    }
    this.sending = true;
    let sealed: Sealed;
    try {
      sealed = await sealAnswers(this.form, this.showing.checked().answers, this.language);
    } catch {
      return this.standStill(this.say("not_sealed"));
    }
    try {
      // Kept before it is sent: after a reload the same bytes go again, and count once.
      await this.drafts.keep(this.draft(sealed));
    } catch {
      // No storage: then this page alone holds them.
    }
    await this.transmit(sealed);
  }

  private async transmit(sealed: Sealed): Promise<void> {
    this.sending = true;
    if (this.turn) return this.handOver(this.turn, sealed);
    this.form.hidden = true;
    this.progress.hidden = true;
    this.status.replaceChildren(make("p", {}, this.say("sending")));
    focusOn(this.status);
    const code = this.invitation?.code;
    const outgoing = code ? { ...sealed, code } : sealed;
    const fate = isPublicLink(this.form) ? await sendOrKeep(outgoing, this.form.dataset["round"] ?? "") : null;
    if (fate?.state === "failed") return this.refused(fate.reason);
    if (fate) {
      await this.thank(fate.state === "waiting");
      return tellDelivery(called("main"), sealed.key, fate, this.say);
    }
    const result = await transmit(this.form.dataset["url"] ?? "", outgoing, this.status, this.say);
    if (result.state === "received") await this.thank();
    else this.refused(result.code);
  }

  /** On a tablet: into the queue, which is where the turn ends. */
  private async handOver(turn: TurnOnPage, sealed: Sealed): Promise<void> {
    const code = this.invitation?.code;
    const refusal = await turn.finish(code ? { ...sealed, code } : sealed);
    if (refusal === null) await this.thank();
    else this.standStill(refusal);
  }

  private refused(code: string): void {
    const fault = this.invitation && aboutCode(code) ? this.invitation.refused(code) : null;
    if (fault) return this.askForCodeAgain(fault);
    this.standStill(this.say(refusalWord(code)));
  }

  /** Not sent: why, with every answer still on the page. */
  private standStill(why: string): void {
    this.sending = false;
    const again = button(this.say("try_again"), "button button-secondary", () => {
      this.status.replaceChildren();
      void this.finish();
    });
    this.status.replaceChildren(make("p", {}, why), again);
    this.form.hidden = false;
    this.showing.draw();
    void this.keepNow();
    focusOn(this.status);
  }

  /** Back to the field of the code, with every answer where it was. */
  private askForCodeAgain(fault: { place: string; text: string }): void {
    this.sending = false;
    this.status.replaceChildren(make("p", {}, this.say("refused_code")));
    this.form.hidden = false;
    this.goTo(CODE_PLACE, "push");
    this.corrections.show([fault]);
    void this.keepNow();
  }

  /** `waits`: the answer has not been sent yet; then a reload leads back to where this browser goes on sending. */
  private async thank(waits = false): Promise<void> {
    this.finished = true;
    window.clearTimeout(this.timer);
    const main = called("main");
    this.form.reset();
    main.replaceChildren(called<HTMLTemplateElement>("thanks").content.cloneNode(true));
    delete document.body.dataset["page"];
    document.documentElement.classList.remove("enhanced");
    if (!this.turn) history.replaceState(null, "", (!waits && this.form.dataset["thanksUrl"]) || window.location.href);
    window.scrollTo(0, 0);
    const heading = main.querySelector<HTMLElement>("h1");
    if (heading) {
      document.title = heading.textContent ?? document.title;
      focusOn(heading);
    }
    this.turn?.thank(main);
    try {
      if (!this.turn) await this.drafts?.clear();
    } catch {
      // It could not be kept, so there is nothing to delete.
    }
  }
}
