// The little of the DOM that the page needs again and again.

/** A new element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<Omit<HTMLElementTagNameMap[K], "children">> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A button that does `act`. */
export function button(label: string, className: string, act: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", className }, label);
  made.addEventListener("click", act);
  return made;
}

export function all(root: ParentNode, selector: string): HTMLElement[] {
  return Array.from(root.querySelectorAll<HTMLElement>(selector));
}

/** The element called `id`, of which the page promises that it is there. */
export function called<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element as T;
}

/** Focus for where one reads on, not for a control. */
export function focusOn(element: HTMLElement): void {
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** The element of the question, statement or cell at `place`, else of the nearest place around it. */
export function questionElement(place: string): HTMLElement | null {
  for (let parts = place.split("/"); parts.length > 0; parts = parts.slice(0, -1)) {
    const path = parts.join("/");
    const element = document.getElementById(`q-${path}`) ?? document.getElementById(`f-${path}`)?.closest<HTMLElement>("[data-question]");
    if (element) return element;
  }
  return null;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** What can be filled in inside `root`. */
export function controls(root: ParentNode): Control[] {
  return Array.from(root.querySelectorAll<Control>("input:not([type=hidden]), select, textarea"));
}
