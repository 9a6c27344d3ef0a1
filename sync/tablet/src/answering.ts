// The answering page: page by page, conditions live, a draft that survives, sealed and sent from here.
// What it expects of the page is docs/answering-page.md.

import { check, type Checked, mustBeAnswered } from "./answers";
import type { Questionnaire } from "./definition";
import { type Draft, Drafts } from "./draft";
import { all, button, called, controls, focusOn, make } from "./elements";
import { clearFaults, focusQuestion, forgive, message, questionAt, showFaults } from "./faults";
import { type Answers, fieldsOf, fromForm, repetitions } from "./form_fields";
import { shows, visible } from "./logic";
import { type Page, pagesOf } from "./pages";
import { aboutCode, CODE_PLACE, Invitation } from "./invitation";
import { lookForPersonalData } from "./personal_notice";
import { announcer, RepeatingGroup } from "./repetitions";
import { canSeal, pad, randomKey, seal } from "./seal";
import { deliver, type Sealed } from "./sending";
import { offerTextSizes } from "./text_size";
import { type Say, sayFrom } from "./words";

const NARROW = "(max-width: 43.99em)";
/** A draft is kept so long after the last key, in ms. */
const KEEP_AFTER = 300;

export class AnsweringPage {
  private readonly questionnaire: Questionnaire;
  private readonly say: Say;
  private readonly language: string;
  private readonly drafts: Drafts | null;
  private readonly invitation: Invitation | null;
  private readonly groups: RepeatingGroup[] = [];
  private readonly narrow = window.matchMedia(NARROW);
  private readonly status = called("status");
  private readonly progress = called("progress");
  private readonly send = called<HTMLButtonElement>("send");
  private readonly back: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private pages: Page[] = [];
  private current = "";
  private timer = 0;
  /** True from the moment an answer is sealed until it is refused: then nothing may be changed. */
  private sending = false;
  private finished = false;
  private broken = false;
  /** While the server is asked about a code. */
  private asking = false;

  constructor(private readonly form: HTMLFormElement) {
    this.language = form.dataset["language"] ?? "en";
    this.questionnaire = JSON.parse(called("definition").textContent ?? "") as Questionnaire;
    this.say = sayFrom(JSON.parse(document.getElementById("words")?.textContent || "{}") as Record<string, string>, this.language);
    // Who answers for several units has a draft for each.
    const draftOf = [form.dataset["round"] ?? "", form.dataset["unit"]].filter(Boolean).join("/");
    this.drafts = canSeal() && form.dataset["url"] ? new Drafts(draftOf) : null;
    this.invitation = Invitation.on(form, this.say);
    this.back = button(this.say("back"), "button button-secondary back", () => history.back());
    this.next = button(this.say("next"), "button button-primary next", () => void this.forward());
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
    this.addClearButtons();
    this.send.before(this.back, this.next);
    this.progress.append(make("p"), make("progress"));
    this.progress.querySelector("progress")?.setAttribute("aria-hidden", "true");
    document.documentElement.classList.add("enhanced");

    this.form.addEventListener("input", (event) => this.onInput(event));
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.narrow.addEventListener("change", () => this.draw());
    window.addEventListener("popstate", (event) => this.onHistory(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.keepNow();
    });
    for (const link of all(document, ".answering-languages a")) link.addEventListener("click", (event) => this.onLanguage(event));

    const code = this.invitation ? Invitation.fromAddress() : "";
    if (this.invitation && code) this.invitation.typed = code;
    const wrong = this.form.querySelector<HTMLElement>(".form-error");
    this.draw();
    this.current = this.pages[0]?.id ?? "";
    if (wrong) {
      // The plain form came back with faults: begin at the first, with the server's summary.
      this.goTo(this.pageOf(wrong)?.id ?? this.current, "stay");
      this.linkSummary();
      focusOn(called("error-summary"));
      return;
    }
    const restored = await this.restore();
    // The letter in hand says more than a draft.
    if (this.invitation && code && !this.sending) this.invitation.typed = code;
    this.goTo(restored ?? this.current, "stay");
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

  // --- what shows

  /** The answers as they stand, checked; places count repetitions as they will be sent. */
  private checked(): Checked {
    const units = new Set(all(this.form, "[data-kind=unit] option").map((option) => (option as HTMLOptionElement).value).filter(Boolean));
    return check(this.questionnaire, fromForm(this.questionnaire, fieldsOf(this.form)), units);
  }

  /** Conditions, marks and pages anew, after any change. */
  private draw(): void {
    const fields = fieldsOf(this.form);
    const answers = fromForm(this.questionnaire, fields);
    const view = visible(this.questionnaire, answers);
    // Inside a group the empty repetitions count too, in the order in which they stand on the page.
    const asShown: Answers = { ...answers };
    for (const group of this.groups) {
      const question = questionAt(this.questionnaire, group.place);
      if (!question) continue;
      const filled = new Map(repetitions(question, group.place, fields));
      asShown[question.id] = group.items.map((_, index) => filled.get(index) ?? {});
    }
    const inside = visible(this.questionnaire, asShown);
    const shown = (place: string): boolean => shows(view, place.split("/")[0] ?? "") && shows(inside, place);
    for (const element of all(this.form, "[data-question]")) {
      const place = element.dataset["question"] ?? "";
      element.hidden = !shown(place);
      const question = questionAt(this.questionnaire, place);
      const mark = element.querySelector<HTMLElement>(":scope > .question-text > .required-mark");
      if (mark && question) {
        const env = inside.scopes.get(place.split("/").slice(0, 2).join("/")) ?? view.environment;
        mark.hidden = !mustBeAnswered(question, env);
      }
      const clear = element.querySelector<HTMLElement>(":scope > .clear-answer");
      clear?.toggleAttribute("data-unused", !controls(element).some((control) => (control as HTMLInputElement).checked));
    }
    this.pages = pagesOf(this.form, this.narrow.matches, shown, view.hiddenSections);
    this.layOut();
  }

  /** Shows the current page and nothing else. */
  private layOut(): void {
    const index = Math.max(0, this.index());
    const page = this.pages[index];
    if (!page) return;
    for (const section of all(this.form, ".question-section")) section.hidden = section !== page.section;
    for (const element of all(page.section, ":scope > [data-question]")) {
      if (!page.questions.includes(element)) element.hidden = true;
    }
    for (const element of all(page.section, ":scope > .section-intro")) element.hidden = !page.first;
    for (const statement of all(page.section, ".statement")) {
      const one = page.statement;
      statement.hidden = one !== undefined && one.element !== statement;
      statement.querySelector(".statement-number")?.remove();
      if (one?.element === statement) {
        const words = this.say("statement", { n: one.n, total: one.total });
        statement.querySelector("legend")?.after(make("p", { className: "statement-number" }, words));
      }
    }
    this.back.toggleAttribute("data-unused", index === 0);
    const last = index === this.pages.length - 1;
    this.next.hidden = last;
    this.send.hidden = !last;
    document.body.dataset["page"] = String(index);
    this.progress.hidden = index === 0;
    const words = this.progress.querySelector("p");
    const bar = this.progress.querySelector("progress");
    if (words) words.textContent = this.say("progress", { page: index + 1, pages: this.pages.length });
    if (bar) [bar.max, bar.value] = [this.pages.length, index + 1];
  }

  private index(): number {
    const exact = this.pages.findIndex((page) => page.id === this.current);
    if (exact >= 0) return exact;
    // The page was split, joined or has gone: the first of its section, else the one before it.
    const section = this.current.split(":")[0] ?? "";
    const same = this.pages.findIndex((page) => page.section.dataset["section"] === section);
    if (same >= 0) return same;
    const order = this.questionnaire.sections.map((one) => one.id);
    return this.pages.filter((page) => order.indexOf(page.section.dataset["section"] ?? "") < order.indexOf(section)).length - 1;
  }

  private pageOf(element: HTMLElement): Page | undefined {
    return (
      this.pages.find((page) => page.statement?.element.contains(element)) ??
      this.pages.find((page) => !page.statement && page.questions.some((question) => question.contains(element))) ??
      this.pages.find((page) => page.section.contains(element))
    );
  }

  // --- from page to page

  /** Shows a page. `how`: "push" a step that the browser's Back returns from, or "stay" within this one. */
  private goTo(id: string, how: "push" | "stay"): void {
    this.current = id;
    const page = this.pages[Math.max(0, this.index())];
    this.current = page?.id ?? id;
    history[how === "push" ? "pushState" : "replaceState"]({ page: this.current }, "");
    this.draw();
  }

  private async forward(): Promise<void> {
    if (this.asking || !this.mayLeave()) return;
    if (this.invitation && this.pages[this.index()]?.section.dataset["section"] === CODE_PLACE) {
      this.asking = true;
      const fault = await this.invitation.ask();
      this.asking = false;
      if (fault) return this.show([fault]);
    }
    const following = this.pages[this.index() + 1];
    if (!following) return;
    this.goTo(following.id, "push");
    this.arrive();
    void this.keepNow();
  }

  /** At the top of a new page, reading on from its heading. */
  private arrive(): void {
    window.scrollTo(0, 0);
    const page = this.pages[this.index()];
    const heading = page?.first ? page.section.querySelector<HTMLElement>("h2") : page?.statement?.element.querySelector("legend");
    if (page) focusOn(heading ?? page.questions[0] ?? page.section);
  }

  private onHistory(event: PopStateEvent): void {
    if (this.finished || this.sending || this.broken) return;
    clearFaults(this.form);
    const state = event.state as { page?: string } | null;
    this.current = state?.page ?? this.pages[0]?.id ?? "";
    this.draw();
    this.arrive();
    void this.keepNow();
  }

  /** Whether nothing on this page is wrong; shows what is. */
  private mayLeave(): boolean {
    const here = this.pages[this.index()];
    const faults = this.faults(this.checked()).filter(({ place }) => {
      const element = document.getElementById(`q-${place}`) ?? document.getElementById(`f-${place}`);
      return element !== null && this.pageOf(element) === here;
    });
    this.show(faults);
    return faults.length === 0;
  }

  // --- faults

  private faults(checked: Checked): { place: string; text: string }[] {
    const code = this.invitation?.fault();
    const answers = checked.faults.map((fault) => {
      const place = this.placeOnPage(fault.place);
      const typed = (document.getElementById(`f-${place}`) as HTMLInputElement | null)?.value ?? "";
      return { place, text: message(fault, questionAt(this.questionnaire, place), this.language, this.say, typed) };
    });
    return code ? [code, ...answers] : answers;
  }

  /** A place with its repetition counted as on the page, where empty ones stand between. */
  private placeOnPage(place: string): string {
    const [first = "", index = "", ...rest] = place.split("/");
    const question = questionAt(this.questionnaire, first);
    if (question?.kind !== "group" || index === "") return place;
    const found = repetitions(question, first, fieldsOf(this.form))[Number(index)];
    return [first, String(found?.[0] ?? index), ...rest].join("/");
  }

  private show(faults: { place: string; text: string }[]): void {
    clearFaults(this.form);
    showFaults(faults, this.say, (question) => this.bring(question));
  }

  private bring(question: HTMLElement): void {
    const page = this.pageOf(question);
    if (page && page.id !== this.current) this.goTo(page.id, "push");
    focusQuestion(question);
  }

  private linkSummary(): void {
    for (const link of all(document, "#error-summary a, #personal-notice a")) {
      link.addEventListener("click", (event) => {
        const target = document.getElementById(decodeURIComponent((link as HTMLAnchorElement).hash.slice(1)));
        const question = target?.closest<HTMLElement>("[data-question]");
        if (!question) return;
        event.preventDefault();
        this.bring(question);
      });
    }
  }

  // --- changes

  private onInput(event: Event): void {
    if (event.target instanceof HTMLElement) {
      this.settle(event.target);
      const question = event.target.closest<HTMLElement>("[data-question]");
      if (question) forgive(question);
    }
    this.changed();
  }

  private changed(): void {
    this.draw();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.keepNow(), KEEP_AFTER);
  }

  /** What excludes each other in one question: exclusive options, the missing states, and a field's text. */
  private settle(target: HTMLElement): void {
    const question = target.closest<HTMLElement>("[data-question]");
    if (!question || (target instanceof HTMLInputElement && target.type === "radio")) return;
    const others = controls(question).filter((control) => control !== target);
    const isMissing = (control: Element): boolean => control instanceof HTMLInputElement && control.type === "checkbox" && control.value.startsWith("~");
    if (target instanceof HTMLInputElement && target.type === "checkbox") {
      if (!target.checked) return;
      const alone = isMissing(target) || "exclusive" in target.dataset;
      for (const other of others) {
        if (!(other instanceof HTMLInputElement) || other.type !== "checkbox") other.value = "";
        else if (alone || isMissing(other) || "exclusive" in other.dataset) other.checked = false;
      }
    } else {
      for (const other of others) if (isMissing(other)) (other as HTMLInputElement).checked = false;
    }
  }

  private addClearButtons(): void {
    const add = (root: ParentNode): void => {
      for (const question of all(root, "fieldset.question, fieldset.statement")) {
        if (!question.querySelector(":scope > .options input[type=radio]")) continue;
        // A delegated click: repetitions are cloned from the template, listeners are not.
        question.append(make("button", { type: "button", className: "clear-answer" }, this.say("clear")));
      }
    };
    add(this.form);
    for (const template of Array.from(this.form.querySelectorAll("template"))) add(template.content);
    this.form.addEventListener("click", (event) => {
      const question = (event.target as Element).closest(".clear-answer")?.closest<HTMLElement>("[data-question]");
      if (!question) return;
      const inputs = controls(question) as HTMLInputElement[];
      for (const input of inputs) input.checked = false;
      inputs[0]?.focus();
      this.changed();
    });
  }

  // --- the draft

  private draft(sealed?: Sealed): Draft {
    const fields = [...fieldsOf(this.form)].flatMap(([name, values]) => values.filter(Boolean).map((value): [string, string] => [name, value]));
    if (fields.length > 0 && this.invitation?.typed) fields.push([CODE_PLACE, this.invitation.typed]);
    const kept = sealed && { key: sealed.key, envelope: Array.from(sealed.envelope) };
    return { fields, page: this.current, ...(kept ? { sealed: kept } : {}) };
  }

  private async keepNow(): Promise<void> {
    window.clearTimeout(this.timer);
    if (!this.drafts || this.sending || this.finished || this.broken) return;
    const draft = this.draft();
    if (draft.fields.length === 0) return;
    try {
      await this.drafts.keep(draft);
    } catch {
      // No room or no storage: the answers still stand on the page.
    }
  }

  /** Brings back what was kept; gives the page it was at. */
  private async restore(): Promise<string | null> {
    if (!this.drafts) return null;
    let found: Awaited<ReturnType<Drafts["look"]>> = "none";
    try {
      found = await this.drafts.look();
      if (found === "none") return null;
      if (found === "other") {
        const go = await this.ask(this.say("draft_title"), [this.say("draft_text")], ["draft_continue", "draft_afresh"]);
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
    this.fill(draft);
    this.draw();
    if (draft.sealed) {
      // It was sealed and perhaps received: the same bytes again, so that it counts once.
      void this.transmit({ key: draft.sealed.key, envelope: Uint8Array.from(draft.sealed.envelope) });
    }
    return draft.page;
  }

  private fill(draft: Draft): void {
    const fields = new Map<string, string[]>();
    for (const [name, value] of draft.fields) fields.set(name, [...(fields.get(name) ?? []), value]);
    for (const group of this.groups) {
      const indices = [...fields.keys()].filter((name) => name.startsWith(`${group.place}/`)).map((name) => Number(name.split("/")[1]));
      group.grow(Math.max(0, ...indices.map((index) => index + 1)));
    }
    for (const control of controls(this.form)) {
      const values = fields.get(control.name) ?? [];
      if (control instanceof HTMLInputElement && /radio|checkbox/.test(control.type)) control.checked = values.includes(control.value);
      else control.value = values.find((value) => !value.startsWith("~") || control instanceof HTMLSelectElement) ?? "";
    }
  }

  private onLanguage(event: Event): void {
    const link = event.currentTarget as HTMLAnchorElement;
    if (!this.drafts || this.finished) return;
    event.preventDefault();
    // In the fragment, as it came.
    const typed = this.invitation?.typed.trim();
    const href = typed ? `${link.href}#code=${encodeURIComponent(typed)}` : link.href;
    void this.keepNow().then(() => window.location.assign(href));
  }

  /** A question to the person in place of the form. */
  private ask<W extends "draft_continue" | "draft_afresh" | "personal_take_out" | "personal_go_on" | "personal_back">(
    title: string,
    texts: readonly string[],
    choices: readonly W[],
  ): Promise<W> {
    return new Promise((resolve) => {
      const heading = make("h2", { id: "notice-title" }, title);
      const actions = make("div", { className: "notice-actions" });
      const box = make("div", { className: "notice-box" }, heading, ...texts.map((text) => make("p", {}, text)), actions);
      box.setAttribute("role", "group");
      box.setAttribute("aria-labelledby", "notice-title");
      choices.forEach((choice, index) => {
        const style = index === 0 ? "button button-primary" : "button button-secondary";
        const one = button(this.say(choice), style, () => {
          box.remove();
          this.form.hidden = false;
          resolve(choice);
        });
        actions.append(one);
      });
      this.form.hidden = true;
      this.progress.hidden = true;
      this.form.before(box);
      window.scrollTo(0, 0);
      focusOn(box);
    });
  }

  // --- sending

  private onSubmit(event: Event): void {
    if (this.broken) return;
    event.preventDefault();
    // Enter in a field: on, as the button would.
    if (this.index() < this.pages.length - 1) void this.forward();
    else void this.finish();
  }

  private async finish(): Promise<void> {
    if (this.sending) return;
    const checked = this.checked();
    const faults = this.faults(checked);
    if (faults.length > 0) {
      const first = faults.map(({ place }) => document.getElementById(`q-${place}`)).find((element) => element !== null);
      const page = first ? this.pageOf(first) : undefined;
      if (page && page.id !== this.current) this.goTo(page.id, "push");
      this.show(faults);
      return;
    }
    clearFaults(this.form);
    const personal = lookForPersonalData(checked, (place) => this.placeOnPage(place), this.say);
    if (personal) {
      const choice = await this.ask(this.say("personal_title"), personal.texts, ["personal_take_out", "personal_go_on", "personal_back"]);
      this.draw();
      if (choice === "personal_back") return this.bring(personal.question);
      if (choice === "personal_take_out") {
        personal.takeOut();
        this.draw();
      }
      // The server asks about a CPR number too; who has said here that it may go is not asked twice.
      if (!this.drafts && choice === "personal_go_on") this.form.append(make("input", { type: "hidden", name: "~personal", value: "seen" }));
    }
    if (this.form.dataset["mark"] === "preview") return this.thank();
    if (!this.drafts) {
      this.form.submit();
      return;
    }
    await this.sealAndSend(this.checked().answers);
  }

  private async sealAndSend(answers: Answers): Promise<void> {
    const { round = "", version = "", channel = "web", kid = "", publicKey = "", paddedSize = "", unit } = this.form.dataset;
    this.sending = true;
    const key = randomKey();
    const plain = pad({ answers, language: this.language }, Number(paddedSize));
    const envelope = await seal({ key, round, version, channel, unit: unit || null, kid }, plain, publicKey);
    try {
      // Kept before it is sent: after a reload the same bytes go again, and count once.
      await this.drafts?.keep(this.draft({ key, envelope }));
    } catch {
      // No storage: then this page alone holds them.
    }
    await this.transmit({ key, envelope });
  }

  private async transmit(sealed: Sealed): Promise<void> {
    this.sending = true;
    this.form.hidden = true;
    this.progress.hidden = true;
    this.status.replaceChildren(make("p", {}, this.say("sending")));
    focusOn(this.status);
    let now = (): void => undefined;
    const code = this.invitation?.code;
    const result = await deliver(this.form.dataset["url"] ?? "", code ? { ...sealed, code } : sealed, {
      fetch: (input, init) => fetch(input, init),
      again: () => {
        const tryNow = button(this.say("send_now"), "button button-secondary", () => now());
        if (!this.status.querySelector("button")) this.status.replaceChildren(make("p", {}, this.say("send_again")), tryNow);
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
    if (result.state === "received") await this.thank();
    else this.refused(result.code);
  }

  private refused(code: string): void {
    this.sending = false;
    const fault = this.invitation && aboutCode(code) ? this.invitation.refused(code) : null;
    if (fault) return this.askForCodeAgain(fault);
    const word = code === "round-full" ? "refused_full" : /^(round-not-open|no-such-round)$/.test(code) ? "refused_closed" : "refused";
    const again = button(this.say("try_again"), "button button-secondary", () => {
      this.status.replaceChildren();
      void this.finish();
    });
    this.status.replaceChildren(make("p", {}, this.say(word)), again);
    this.form.hidden = false;
    this.draw();
    void this.keepNow();
    focusOn(this.status);
  }

  /** Back to the field of the code, with every answer where it was. */
  private askForCodeAgain(fault: { place: string; text: string }): void {
    this.status.replaceChildren(make("p", {}, this.say("refused_code")));
    this.form.hidden = false;
    this.goTo(CODE_PLACE, "push");
    this.show([fault]);
    void this.keepNow();
  }

  private async thank(): Promise<void> {
    this.finished = true;
    window.clearTimeout(this.timer);
    const main = called("main");
    this.form.reset();
    main.replaceChildren(called<HTMLTemplateElement>("thanks").content.cloneNode(true));
    delete document.body.dataset["page"];
    document.documentElement.classList.remove("enhanced");
    history.replaceState(null, "", this.form.dataset["thanksUrl"] || window.location.href);
    window.scrollTo(0, 0);
    const heading = main.querySelector<HTMLElement>("h1");
    if (heading) {
      document.title = heading.textContent ?? document.title;
      focusOn(heading);
    }
    try {
      await this.drafts?.clear();
    } catch {
      // It could not be kept, so there is nothing to delete.
    }
  }
}
