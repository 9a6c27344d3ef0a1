// Fields that matter only with a certain choice are hidden without it: data-shown-by="name=value". Without script all show.

/** Show and hide within a form, now and whenever a choice changes. */
export function followChoices(form: HTMLFormElement): void {
  const parts = Array.from(form.querySelectorAll<HTMLElement>("[data-shown-by]"));
  const show = (): void => {
    const typed = new FormData(form);
    for (const part of parts) {
      const [name = "", value = ""] = (part.dataset.shownBy ?? "").split("=");
      // What is wrong stays in view, whatever was chosen.
      part.hidden = !typed.getAll(name).includes(value) && !part.querySelector("[aria-invalid]") && !part.matches(".form-error");
    }
  };
  form.addEventListener("change", show);
  show();
}
