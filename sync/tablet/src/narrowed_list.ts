// A long list of choices, narrowed to those whose label holds what is typed. Chosen ones stay in view.

/** Let a field narrow the list that its data-narrows names, and say how many are shown. */
export function narrowList(field: HTMLInputElement): void {
  const list = document.getElementById(field.dataset.narrows ?? "");
  const status = document.getElementById(`${field.dataset.narrows}-status`);
  if (!list) return;
  const rows = Array.from(list.children) as HTMLElement[];
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const narrow = (): void => {
    const wanted = field.value.trim().toLocaleLowerCase();
    let shown = 0;
    let chosen = 0;
    for (const row of rows) {
      const ticked = row.querySelector<HTMLInputElement>("input")?.checked ?? false;
      row.hidden = !ticked && !(row.textContent ?? "").toLocaleLowerCase().includes(wanted);
      if (!row.hidden) shown += 1;
      if (ticked) chosen += 1;
    }
    if (status?.dataset.words) {
      const values: Record<string, number> = { shown, all: rows.length, chosen };
      status.textContent = status.dataset.words.replace(/\{(\w+)\}/g, (_, name: string) => numbers.format(values[name] ?? 0));
    }
  };
  field.addEventListener("input", narrow);
  // Enter in the field would save the form.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.addEventListener("change", narrow);
}
