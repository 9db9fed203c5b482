import { Unauthorised } from "./api.js";

const longestMs = 60_000;
/** @type {Set<() => void>} */
const wakers = new Set();

/** Has everything asked for again now. */
export function wakeAll() {
  for (const wake of wakers) wake();
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) wakeAll();
});

/**
 * Does something again and again: at its pace while it succeeds, more and more seldom while it fails, and not while nobody sees the
 * page.
 *
 * @param {number} everyMs
 * @param {() => Promise<void>} work
 * @param {(error: Error | null) => void} tell hears of each failure, and of null after a success
 * @returns {() => void} has it done now
 */
export function poll(everyMs, work, tell) {
  let failures = 0;
  let isUnderWay = false;
  let isWanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const once = async () => {
    if (isUnderWay) {
      isWanted = true;
      return;
    }
    clearTimeout(timer);
    if (document.hidden) return;
    isUnderWay = true;
    isWanted = false;
    try {
      await work();
      failures = 0;
      tell(null);
    } catch (error) {
      failures += 1;
      tell(error instanceof Error ? error : new Error(String(error)));
      // Until somebody gives a token there is nothing to ask for.
      if (error instanceof Unauthorised) failures = 10;
    }
    isUnderWay = false;
    timer = setTimeout(once, isWanted ? 0 : Math.min(longestMs, everyMs * 2 ** Math.min(failures, 5)));
  };
  wakers.add(once);
  void once();
  return once;
}

/**
 * Shows beneath the title of a section why it is not as of now.
 *
 * @param {HTMLElement} place
 * @param {HTMLElement} body what is old meanwhile
 */
export function troubleIn(place, body) {
  /** @type {Date | undefined} */
  let toldAt;
  return (/** @type {Error | null} */ error) => {
    place.hidden = error === null;
    body.classList.toggle("old", error !== null);
    if (error === null) {
      toldAt = new Date();
      return;
    }
    const since = toldAt === undefined ? "" : ` What is shown is of ${toldAt.toLocaleTimeString("en-GB")}.`;
    place.textContent = `Not known now: ${error.message}.${since}`;
  };
}
