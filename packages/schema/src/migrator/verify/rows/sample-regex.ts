const shorthand: Readonly<Record<string, string>> = { d: "0123456789", w: "abc", s: " ", n: "\n", t: "\t" };

/**
 * A text that a simple regular expression matches: literals, classes, groups, alternatives and quantifiers.
 * What it does not understand (look-around, back references) it takes for literals: the result is a value to
 * try, and the server has the last word.
 */
export function sampleRegex(pattern: string, seed: number): string {
  return new Sampler(pattern, seed).alternatives();
}

class Sampler {
  readonly #pattern: string;
  readonly #seed: number;
  #at = 0;

  constructor(pattern: string, seed: number) {
    this.#pattern = pattern;
    this.#seed = seed;
  }

  /** Reads up to the end or a closing parenthesis; of several alternatives the first counts. */
  alternatives(): string {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return options[0] ?? "";
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#peek())) {
      const one = this.#atom();
      text += this.#repeat(one);
    }
    return text;
  }

  #atom(): (index: number) => string {
    const char = this.#next();
    if (char === "^" || char === "$") return () => "";
    if (char === ".") return () => "a";
    if (char === "(") return this.#group();
    if (char === "[") return this.#class();
    if (char !== "\\") return () => char;
    const escaped = this.#next();
    const choices = shorthand[escaped];
    return choices === undefined
      ? () => (/[ymMAZ]/.test(escaped) ? "" : escaped)
      : (index) => this.#pick(choices, index);
  }

  #group(): () => string {
    if (this.#take("?")) this.#next();
    const text = this.alternatives();
    this.#take(")");
    return () => text;
  }

  #class(): (index: number) => string {
    const negated = this.#take("^");
    let choices = "";
    while (this.#at < this.#pattern.length && (this.#peek() !== "]" || choices === ""))
      choices += this.#classPart();
    this.#take("]");
    if (!negated) return (index) => this.#pick(choices, index);
    const allowed = [..."abcXYZ019_-. "].filter((char) => !choices.includes(char)).join("");
    return (index) => this.#pick(allowed, index);
  }

  #classPart(): string {
    if (this.#pattern.startsWith("[:", this.#at)) {
      const end = this.#pattern.indexOf(":]", this.#at);
      const name = this.#pattern.slice(this.#at + 2, end);
      this.#at = end + 2;
      return { digit: "0123456789", xdigit: "0123456789abcdef", upper: "ABC", space: " " }[name] ?? "abc";
    }
    const char = this.#next();
    if (char === "\\") {
      const escaped = this.#next();
      return shorthand[escaped] ?? escaped;
    }
    if (this.#peek() !== "-" || (this.#pattern[this.#at + 1] ?? "]") === "]") return char;
    this.#at += 1;
    return between(char, this.#next());
  }

  #repeat(one: (index: number) => string): string {
    const count = this.#count();
    // A lazy quantifier matches the same.
    this.#take("?");
    return Array.from({ length: count }, (_, index) => one(index)).join("");
  }

  #count(): number {
    if (this.#take("*") || this.#take("+") || this.#take("?")) return 1;
    const bounds = /^\{(\d+)(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at));
    if (bounds === null) return 1;
    this.#at += bounds[0].length;
    return Math.max(Number(bounds[1]), /,[^}]/.test(bounds[0]) ? 1 : 0);
  }

  /** Other seeds give other texts, as unique columns need. */
  #pick(choices: string, index: number): string {
    return choices[(this.#seed + index) % Math.max(choices.length, 1)] ?? "";
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? "";
  }

  #next(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

function between(from: string, to: string): string {
  const start = from.charCodeAt(0);
  const length = Math.max(to.charCodeAt(0) - start + 1, 0);
  return String.fromCharCode(...Array.from({ length }, (_, index) => start + index));
}
