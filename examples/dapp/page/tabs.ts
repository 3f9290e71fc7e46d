import { find } from './dom.js';

/** Tabs as readers of the screen know them: arrow keys, Home and End move between them. */
export function setUpTabs(names: readonly string[], onSelect: (name: string) => void): void {
  const select = (wanted: string, focus: boolean) => {
    for (const name of names) {
      const tab = find(`tab-${name}`);
      const isWanted = name === wanted;
      tab.setAttribute('aria-selected', String(isWanted));
      tab.tabIndex = isWanted ? 0 : -1;
      find(`panel-${name}`).hidden = !isWanted;
      if (isWanted && focus) tab.focus();
    }
    onSelect(wanted);
  };
  names.forEach((name, index) => {
    const tab = find(`tab-${name}`);
    tab.addEventListener('click', () => select(name, false));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: names.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(names[(to + names.length) % names.length], true);
    });
  });
}
