// The questionnaires that can be begun on this tablet: one card each, with "did not want to take part" beside.

import { button, make } from "./elements";
import type { ShellWord } from "./shell_words";
import type { ManifestRound } from "./tablet_state";

type Say = (word: ShellWord, values?: Readonly<Record<string, string | number>>) => string;

export class RoundList {
  constructor(
    private readonly language: string,
    private readonly say: Say,
    private readonly choose: (round: ManifestRound) => void,
    private readonly decline: (round: ManifestRound) => void,
  ) {}

  /** `here`: the rounds whose pages are on this tablet. */
  draw(rounds: readonly ManifestRound[], here: ReadonlySet<string>): HTMLElement {
    const list = make("ul", { className: "tablet-rounds" });
    for (const round of rounds) list.append(this.card(round, here.has(round.round)));
    return list;
  }

  private card(round: ManifestRound, here: boolean): HTMLElement {
    const title = round.title[this.language] ?? Object.values(round.title)[0] ?? round.round;
    const opens = Date.parse(round.opens_at);
    // The server's word counts; only where it has not been asked since does this tablet's clock, which may be wrong.
    const early = round.state === "planned" && Number.isFinite(opens) && Date.now() < opens;
    const notes: string[] = [];
    if (!here) notes.push(this.say("not_here_yet"));
    if (early) notes.push(this.say("opens", { day: this.day(opens) }));
    if (round.state === "open" && Date.now() > Date.parse(round.answer_until)) notes.push(this.say("ended", { day: this.day(Date.parse(round.answer_until)) }));
    const begin = button("", "tablet-choice", () => this.choose(round));
    if (round.test) begin.append(make("span", { className: "tablet-test" }, this.say("test")), " ");
    begin.append(title);
    begin.disabled = !here || early;
    const card = make("li", { className: "tablet-round" }, begin);
    for (const note of notes) card.append(make("p", { className: "tablet-note" }, note));
    if (!begin.disabled) {
      const no = button(this.say("declined"), "tablet-declined", () => this.decline(round));
      no.setAttribute("aria-label", `${this.say("declined")}: ${title}`);
      card.append(no);
    }
    return card;
  }

  private day(at: number): string {
    return new Intl.DateTimeFormat(this.language, { day: "numeric", month: "long", year: "numeric" }).format(at);
  }
}
