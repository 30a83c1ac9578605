/** The keys of every page, and what a page does without asking the server. Runs in browsers. */

/** Milliseconds in which a second key belongs to the first. */
const together = 1200;

let goingSince = Number.NEGATIVE_INFINITY;

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  if (event.key === 'Escape' && isField(target)) target.blur();
  if (isField(target) || target.closest('[role="application"], dialog[open]')) return;
  const going = event.timeStamp - goingSince < together;
  goingSince = Number.NEGATIVE_INFINITY;
  if (going) {
    const link = [...document.querySelectorAll<HTMLAnchorElement>('[data-go]')].find(
      ({ dataset }) => dataset.go === event.key,
    );
    if (link) act(event, () => link.click());
    return;
  }
  const current = target.closest<HTMLElement>('.hit') ?? undefined;
  switch (event.key) {
    case 'g':
      goingSince = event.timeStamp;
      return;
    case '/':
      return act(event, () => {
        const field = document.querySelector<HTMLInputElement>('input[type="search"]');
        if (!field) location.assign('/');
        field?.focus();
        field?.select();
      });
    case '?':
      return act(event, () => document.querySelector<HTMLDialogElement>('#keys')?.showModal());
    case 'j':
    case 'k':
      return act(event, () => step(current, event.key === 'j' ? 1 : -1));
    case 'o':
    case 'Enter':
      // Enter on a link or a button is theirs
      if (event.key === 'Enter' && target !== current) return;
      if (current) act(event, () => current.querySelector<HTMLAnchorElement>('a')?.click());
      return;
    case 'x': {
      const box = current?.querySelector<HTMLInputElement>('input[type="checkbox"][name="id"]');
      if (box) act(event, () => box.click());
      return;
    }
    case 'r':
      return act(event, () => {
        const own = document.querySelector<HTMLFormElement>('.read-form');
        if (own) own.requestSubmit();
        else if (current) markRead(current);
      });
    case 'b': {
      const button = document.querySelector<HTMLButtonElement>('[data-copy="bibtex"]');
      if (button) act(event, () => button.click());
      return;
    }
  }
});

function isField(element: HTMLElement): boolean {
  if (element instanceof HTMLInputElement) return element.type !== 'checkbox';
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

function act(event: Event, action: () => void): void {
  event.preventDefault();
  action();
}

function step(current: HTMLElement | undefined, by: 1 | -1): void {
  const hits = [...document.querySelectorAll<HTMLElement>('.hit[tabindex]')];
  const at = current ? hits.indexOf(current) + by : by === 1 ? 0 : hits.length - 1;
  const next = hits[Math.max(0, Math.min(hits.length - 1, at))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** Marks the paper of a list, or takes the mark away, where it stands. */
async function markRead(hit: HTMLElement): Promise<void> {
  const id = hit.dataset.id;
  if (id === undefined) return;
  const read = !hit.classList.contains('read');
  const body = new URLSearchParams({ id, read: read ? 'yes' : 'no', back: '/about' });
  const answer = await fetch('/papers/read', { method: 'POST', body });
  if (!answer.ok) return say('That failed.');
  hit.classList.toggle('read', read);
  say(read ? 'Marked as read.' : 'Marked as unread.');
}

function say(words: string): void {
  document.querySelector('#said')!.textContent = words;
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy!)!.textContent!;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      say('Copied.');
    } catch {
      // no clipboard without a trusted connection: the text is chosen, to be copied by hand
      getSelection()!.selectAllChildren(document.getElementById(button.dataset.copy!)!);
      say('Chosen: copy it with the keys of your system.');
    }
  });
}

const chosen = document.getElementById('chosen');
if (chosen) {
  const boxes = [...document.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="id"]')];
  const count = () => {
    const checked = boxes.filter((box) => box.checked).length;
    chosen.textContent = checked === 0 ? 'With the chosen:' : `With the ${checked} chosen:`;
  };
  for (const box of boxes) box.addEventListener('change', count);
  count();
}
