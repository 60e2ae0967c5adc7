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

// The milliseconds after which a page that was left and is still shown stays: the person stopped the browser.
const STAYS = 10_000;
// True while a link was followed, or a form sent, and the next page is on its way.
let leaving = false;
const goes = () => {
  leaving = true;
  setTimeout(() => (leaving = false), STAYS);
};

// Waits while the next page is on its way: to load this one anew would stop the browser, and take the click back.
const loadAnew = () => {
  if (leaving) setTimeout(loadAnew, STAYS);
  else location.reload();
};

// A page that broke, at once or later, is half of one: its server draws it anew, and this entry of the history stays
// without script. Until then it listens to nothing, so that links and forms do as the document says.
const giveUp = () => {
  body.removeAttribute(MARK);
  for (const type of ['click', 'submit']) addEventListener(type, (event) => event.stopImmediatePropagation(), true);
  history.replaceState({ plain: true }, '');
  loadAnew();
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
  goes();
  const free = () => submitter.removeAttribute(WAITS);
  addEventListener('pagehide', free, { once: true });
  setTimeout(free, STAYS);
};

let begun = false;
// Firefox keeps no page for Back that listens to this event, so it is heard only while the page may turn out broken.
addEventListener('beforeunload', goes);
try {
  if (history.state?.plain) throw new Error('This page broke before.');
  await start({ module_or_path: wasm });
  if (!untouched()) throw new Error('Somebody else changed this page.');
  begun = true;
  hydrate();
  removeEventListener('beforeunload', goes);
  body.setAttribute(MARK, '');
  addEventListener('submit', leave);
  new MutationObserver(follow).observe(page, { childList: true, subtree: true });
} catch (error) {
  if (begun) {
    giveUp();
  } else {
    // Says at once that it stays a page without script.
    body.setAttribute('data-plain', '');
    removeEventListener('beforeunload', goes);
  }
  console.info(String(error));
}
