const kept = "smithd token";
const timeoutMs = 10_000;

/** The daemon wants its token, or another one. */
export class Unauthorised extends Error {}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(kept, token);
}

export function hasToken() {
  return sessionStorage.getItem(kept) !== null;
}

/** Takes the token from the address, where it stands behind `#token=`: what is there is not sent to anybody. */
export function tokenFromAddress() {
  const [, token] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  keepToken(decodeURIComponent(token));
  history.replaceState(null, "", location.pathname);
}

/**
 * Asks the daemon for a document.
 *
 * @param {string} name
 * @param {Record<string, string | number>} query
 * @returns {Promise<any>}
 */
export async function ask(name, query = {}) {
  const token = sessionStorage.getItem(kept);
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  const response = await fetch(`/api/${name}?${search}`, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeoutMs),
    credentials: "omit",
    cache: "no-store",
  }).catch((cause) => {
    const why = cause?.name === "TimeoutError" ? "did not answer in time" : "cannot be reached";
    throw new Error(`smithd ${why}`, { cause });
  });
  if (response.status === 401) throw new Unauthorised("the token is not the right one");
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(document.error ?? `smithd answered ${response.status}`);
  return document;
}
