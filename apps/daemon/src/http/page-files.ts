import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
  /** By its content: a browser that has it asks only whether it is another one now. */
  readonly etag: string;
}

/** The files of the page by their paths. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const own = new URL("./page/", import.meta.resolve("@mister-smith/daemon/package.json"));
const file = (name: string) => new URL(name, own).href;

/** Every file that there is: whatever else is asked for is not looked for on the disk. */
const sources: Readonly<Record<string, string>> = {
  "/": file("index.html"),
  "/page/page.css": file("page.css"),
  "/page/icon.svg": file("icon.svg"),
  ...Object.fromEntries(
    [
      "alerts",
      "api",
      "charts",
      "dom",
      "figures",
      "glyph",
      "indexes",
      "locks",
      "measurements",
      "overview",
      "page",
      "plan",
      "polling",
      "queue",
      "sign-in",
      "statements",
      "times",
    ].map((name) => [`/page/${name}.js`, file(`${name}.js`)]),
  ),
  "/page/uplot.js": import.meta.resolve("uplot/dist/uPlot.esm.js"),
  "/page/uplot.css": import.meta.resolve("uplot/dist/uPlot.min.css"),
};

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Reads the files of the page into memory. */
export async function readPageFiles(): Promise<PageFiles> {
  return new Map(
    await Promise.all(
      Object.entries(sources).map(async ([path, source]) => [path, await read(source)] as const),
    ),
  );
}

async function read(source: string): Promise<PageFile> {
  const body = await readFile(new URL(source));
  const ending = source.slice(source.lastIndexOf(".") + 1);
  return {
    body,
    contentType: contentTypes[ending] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
  };
}
