import type { Context } from "../context.ts";
import { durationText } from "../output/duration-text.ts";

/** One part of the demonstration, as `--json` lists it. */
export interface Chapter {
  readonly title: string;
  readonly seconds: number;
}

/** What a chapter is about, for people. */
export interface ChapterHeading {
  readonly title: string;
  /** Why it is done, in a sentence or two. */
  readonly why: string;
  /** The command that does the same by hand. */
  readonly byHand: string;
}

/** Tells the demonstration while it happens, and keeps how long each chapter took. */
export class Story {
  readonly #context: Context;
  readonly #total: number;
  readonly #chapters: Chapter[] = [];

  constructor(context: Context, total: number) {
    this.#context = context;
    this.#total = total;
  }

  get chapters(): readonly Chapter[] {
    return this.#chapters;
  }

  /** Tells a chapter: heading, what happens in it, how long it took. Stops before it when somebody asked to. */
  async chapter<Result>(
    heading: ChapterHeading,
    happen: (update: (doing: string) => void) => Promise<Result>,
  ): Promise<Result> {
    const { colours, signal, progress } = this.#context;
    signal.throwIfAborted();
    const number = `${this.#chapters.length + 1}/${this.#total}`;
    this.#context.say(`\n${colours.bold(colours.cyan(number))}  ${colours.bold(heading.title)}`);
    this.tell(colours.dim(heading.why));
    const started = performance.now();
    using line = progress(heading.title);
    const result = await happen((doing) => line.update(doing)).catch((error: unknown) => {
      // Whoever asked to stop is told that it stopped, not what to do about a statement that was cancelled.
      signal.throwIfAborted();
      throw error;
    });
    line.end();
    const seconds = (performance.now() - started) / 1000;
    this.#chapters.push({ title: heading.title, seconds });
    const took = durationText(seconds * 1000);
    this.tell(`${colours.green("done")} in ${took}; by hand: ${colours.cyan(heading.byHand)}`);
    signal.throwIfAborted();
    return result;
  }

  /** Says a line, or several, of the chapter. */
  tell(...lines: readonly string[]): void {
    for (const line of lines) this.#context.say(`     ${line}`);
  }
}
