import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

const programs = [
  process.env["SMITH_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser of this machine; undefined where there is none. */
export const chromiumProgram = programs.find((program) => program !== undefined && existsSync(program));

/** Starts the browser of this machine. */
export async function startBrowser(): Promise<Browser> {
  // Root may not use its sandbox; it opens nothing but our own page.
  return await chromium.launch({ executablePath: chromiumProgram ?? "", args: ["--no-sandbox"] });
}

/** A page in a context of its own, and what went on in it. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every address that was asked for. */
  readonly asked: readonly string[];
  /** What was thrown in it, what its console had as an error, and every dialog that was opened. */
  readonly faults: readonly string[];
}

/** Opens a page and watches it. */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const asked: string[] = [];
  const faults: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, context, asked, faults, [Symbol.asyncDispose]: () => context.close() };
}
