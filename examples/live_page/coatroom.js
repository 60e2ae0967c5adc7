// All that a page has to know of sign-in. It sees no token, and the server refreshes whatever the page asks for.

/** Asks as `fetch` does. Only 401 says that the user is signed out; 429 and 503 do not. */
export async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) location.assign('/sign-in');
  return answer;
}

/** Opens a WebSocket or an EventSource again whenever it closes, for as long as the user is signed in. */
export async function keep(open) {
  for (let wait = 1000; ; wait = Math.min(2 * wait, 60_000)) {
    try {
      // The server refreshes no handshake, and an EventSource does not say why it was refused.
      const { ok, status } = await ask('/auth/session');
      if (status === 401) return;
      if (ok && (await closed(open()))) wait = 500;
    } catch {
      // Offline, or no answer: asked again after the pause.
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 4)));
  }
}

/** Waits until a connection is closed; true if it was open before. */
const closed = (connection) =>
  new Promise((resolve) => {
    let opened = false;
    connection.onopen = () => (opened = true);
    connection.onclose = connection.onerror = () => {
      connection.close();
      resolve(opened);
    };
  });
