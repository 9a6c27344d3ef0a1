// A button that copies the text of a field: shown only where a script can do it.

/** Let a button copy the field that its data-copies names, and say so. */
export function copyOn(button: HTMLButtonElement): void {
  const field = document.getElementById(button.dataset["copies"] ?? "");
  if (!(field instanceof HTMLTextAreaElement)) return;
  const said = document.getElementById(`${field.id}-said`);
  button.hidden = false;
  button.addEventListener("click", () => {
    // Marked as well, so that a person can copy it by hand where the browser does not let a page do it.
    field.focus();
    field.select();
    const copied = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject(new Error("no clipboard"));
    copied.then(
      () => {
        if (said !== null) said.textContent = button.dataset["done"] ?? "";
      },
      () => undefined,
    );
  });
}
