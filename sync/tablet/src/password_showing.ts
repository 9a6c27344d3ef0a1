// A password field that its owner can look into: a button beside it, by script only.

import { button } from "./elements";

/** Gives each password field that has words for it a button that shows what is typed, and hides it again. */
export function offerShowing(root: ParentNode): void {
  for (const field of Array.from(root.querySelectorAll<HTMLInputElement>("input[data-can-show]"))) {
    const { canShow = "", canHide = "" } = field.dataset;
    const press = button(canShow, "button button-unstyled show-password", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      press.textContent = shown ? canShow : canHide;
      field.focus();
    });
    press.setAttribute("aria-controls", field.id);
    field.after(press);
    // Sent as a password, so that no browser keeps it among the words that were typed before.
    field.form?.addEventListener("submit", () => (field.type = "password"));
  }
}

/** Buttons that print the page. */
export function offerPrinting(root: ParentNode): void {
  for (const press of Array.from(root.querySelectorAll<HTMLButtonElement>("button[data-print]"))) {
    press.hidden = false;
    press.addEventListener("click", () => window.print());
  }
}
