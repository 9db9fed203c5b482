/** The text with the password of every URL in it replaced by stars. */
export function hideSecrets(text: string): string {
  return text.replace(
    /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s"']*?(@(?=[^\s@"']*(?:[\s"']|$)))/gi,
    "$1***$2",
  );
}
