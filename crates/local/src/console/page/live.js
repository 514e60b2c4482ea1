// The page's only talk with its server: the state, the stream that says it changed, and actions.

const RETRY_MS = 1500;

/**
 * Follows the server for as long as the page is open. `onState` gets each new state;
 * `onConnection` gets true while the stream is up and the last state came through.
 * Returns a function that asks for the state at once.
 */
export function follow(onState, onConnection) {
  let fetching = false;
  let stale = false;
  let changes = null;

  async function refresh() {
    if (fetching) {
      stale = true; // asked again when the answer under way is in
      return;
    }
    fetching = true;
    try {
      do {
        stale = false;
        const response = await fetch("/api/state", { cache: "no-store" });
        if (!response.ok) throw new Error(`state answered ${response.status}`);
        onState(await response.json());
        onConnection(changes?.readyState === EventSource.OPEN);
      } while (stale);
    } catch (error) {
      console.warn("dispatch: no state", error);
      onConnection(false);
      setTimeout(refresh, RETRY_MS);
    } finally {
      fetching = false;
    }
  }

  function listen() {
    changes = new EventSource("/api/changes");
    changes.onopen = refresh;
    changes.onmessage = refresh;
    changes.onerror = () => {
      onConnection(false);
      if (changes.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
    };
  }

  refresh();
  listen();
  return refresh;
}

/** Posts one action. Gives the answer, or throws an Error whose text can be shown. */
export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("Dispatch could not be reached. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
  return answer;
}

/** Actions of one pane: each runs once at a time, and its failure is kept to be shown beside it. */
export class Actions {
  #busy = new Set();
  #problems = new Map();
  #redraw;

  constructor(redraw) {
    this.#redraw = redraw;
  }

  busy(key) {
    return this.#busy.has(key);
  }

  problem(key) {
    return this.#problems.get(key);
  }

  /** Drops what is kept of a failure that no longer matters. */
  forget(key) {
    this.#problems.delete(key);
  }

  /** Gives the answer, or null when the action failed or is still running. */
  async run(key, path, body) {
    if (this.#busy.has(key)) return null;
    this.#busy.add(key);
    this.#problems.delete(key);
    this.#redraw();
    try {
      return await post(path, body);
    } catch (error) {
      this.#problems.set(key, error.message);
      return null;
    } finally {
      this.#busy.delete(key);
      this.#redraw();
    }
  }
}
