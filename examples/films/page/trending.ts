/** The part of the page that shows what is played most. */
import { atHome } from './callers.js';
import { element, find, number } from './element.js';
import { keep } from './keep.js';
import { Notice } from './notice.js';

export function startTrending(): void {
  const list = find('trends', HTMLElement);
  const hint = find('trending-hint', HTMLElement);
  const notice = new Notice(find('trending-notice', HTMLElement));
  void keep({
    source: () => atHome.trending(),
    use(trends) {
      const most = trends[0]?.plays ?? 1;
      hint.hidden = trends.length > 0;
      list.replaceChildren(
        ...trends.map(({ title, plays }) => {
          const row = element('li', {}, element('span', {}, title), element('b', {}, `${number(plays)} ×`));
          row.style.setProperty('--part', `${(plays / most) * 100}%`);
          return row;
        }),
      );
    },
    fault: (error) => notice.show(error),
  });
}
