/** Whether one of the patterns matches everything that the subject, which may be a pattern itself, can stand for. */
export function coversSubject(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => covers(pattern.split("."), subject.split(".")));
}

function covers(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [at, token] of pattern.entries()) {
    const other = subject[at];
    if (other === undefined) return false;
    if (token === ">") return true;
    if (token === "*" ? other === ">" : other !== token) return false;
  }
  return pattern.length === subject.length;
}
