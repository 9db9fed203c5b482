/** A URL with something before an `@` that is the last one before the URL ends. */
const credentials = /(\b[a-z][a-z0-9+.-]*:\/\/)([^\s"'/?#]+)@(?=[^\s"'@/?#]*)/gi;

/** A value in the query of a URL whose name says that it is secret. */
const secretParameter = /([?&](?:ssl)?(?:password|passwd|token|secret|key)=)[^\s"'&#]+/gi;

/**
 * The text with every secret of the URLs in it replaced by stars: the password of `user:password@`, a token that
 * stands alone before the `@` of a NATS URL, and parameters such as `password=`.
 */
export function hideSecrets(text: string): string {
  return text
    .replace(credentials, (_all, scheme: string, userInfo: string) => `${scheme}${hideIn(scheme, userInfo)}@`)
    .replace(secretParameter, "$1***");
}

function hideIn(scheme: string, userInfo: string): string {
  const colon = userInfo.indexOf(":");
  if (colon >= 0) return `${userInfo.slice(0, colon)}:***`;
  return /^(nats|tls|wss?):/i.test(scheme) ? "***" : userInfo;
}
