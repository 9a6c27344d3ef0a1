// A question to the person in place of the form.

import { button, called, focusOn, make } from "./elements";
import type { Say, Word } from "./words";

/** Shows `title` and `texts` with a button for each choice; resolves with the choice made, the form shown again. */
export function ask<W extends Word>(form: HTMLFormElement, say: Say, title: string, texts: readonly string[], choices: readonly W[]): Promise<W> {
  return new Promise((resolve) => {
    const heading = make("h2", { id: "notice-title" }, title);
    const actions = make("div", { className: "notice-actions" });
    const box = make("div", { className: "notice-box" }, heading, ...texts.map((text) => make("p", {}, text)), actions);
    box.setAttribute("role", "group");
    box.setAttribute("aria-labelledby", "notice-title");
    choices.forEach((choice, index) => {
      const style = index === 0 ? "button button-primary" : "button button-secondary";
      const one = button(say(choice), style, () => {
        box.remove();
        form.hidden = false;
        resolve(choice);
      });
      actions.append(one);
    });
    form.hidden = true;
    called("progress").hidden = true;
    form.before(box);
    window.scrollTo(0, 0);
    focusOn(box);
  });
}
