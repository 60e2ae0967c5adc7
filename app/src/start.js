// Takes the page over once its WebAssembly is there, and marks it so. A page that is not marked is a page without
// script: its forms post themselves, and what only a script can do is not shown.
import start, { hydrate } from '/pkg/{js}';
const { body } = document;
const page = document.querySelector('.page');
const MARK = 'data-hydrated';

// Hydration takes whatever it finds for what it looks for. So the page has to be as its server wrote it, node by node;
// what extensions put behind it is none of it.
const untouched = () => {
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  let nodes = 0;
  while (walker.nextNode()) nodes += 1;
  return nodes === Number('{nodes}') && body.firstElementChild === page.previousElementSibling;
};

// A page that broke, at once or later, is half of one: its server draws it anew, and this entry of the history stays
// without script.
const giveUp = () => {
  body.removeAttribute(MARK);
  history.replaceState({ plain: true }, '');
  location.reload();
};
const broken = ({ error, reason }) => (error ?? reason) instanceof WebAssembly.RuntimeError && giveUp();
for (const type of ['error', 'unhandledrejection']) addEventListener(type, broken);

// A page that takes the place of another is read from its heading on, as a new document is from its beginning.
let heading = page.querySelector('h1');
const follow = () => {
  const shown = page.querySelector('h1');
  if (!shown || shown === heading) return;
  heading = shown;
  shown.tabIndex = -1;
  shown.focus();
};

// A form that leaves the page is sent once: its button says that it is waited for. Who stops the browser, or comes back
// to this page, may press again.
const WAITS = 'aria-disabled';
const leave = (event) => {
  const { defaultPrevented, submitter } = event;
  // One that only asks may be sent twice, and leaves no page if it asks for the very address that is shown.
  if (defaultPrevented || submitter?.form?.method !== 'post') return;
  if (submitter.hasAttribute(WAITS)) {
    event.preventDefault();
    return;
  }
  submitter.setAttribute(WAITS, 'true');
  const free = () => submitter.removeAttribute(WAITS);
  addEventListener('pagehide', free, { once: true });
  setTimeout(free, 10_000);
};

let begun = false;
try {
  if (history.state?.plain) throw new Error('This page broke before.');
  await start({ module_or_path: wasm });
  if (!untouched()) throw new Error('Somebody else changed this page.');
  begun = true;
  hydrate();
  body.setAttribute(MARK, '');
  addEventListener('submit', leave);
  new MutationObserver(follow).observe(page, { childList: true, subtree: true });
} catch (error) {
  // Says at once that it stays a page without script.
  if (!begun) body.setAttribute('data-plain', '');
  else giveUp();
  console.info(String(error));
}
