import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, type EmbeddedPostgres, startNats, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, type NatsLink, stateSubject } from "@mister-smith/sync";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { chromiumProgram, startBrowser, watchedPage } from "./browser.ts";
import { type RunningSmithd, runSmithd } from "./run-smithd.ts";

const nothing = z.object({});
const patience = { timeout: 20_000, interval: 50 };
const token = "a-token-that-only-the-test-knows";
const hostileType = "<img src=x onerror=window.wasRun=1>";
const hostile = `<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'"&{{1}}`;

describe.skipIf(chromiumProgram === undefined)(
  "the page of smithd, which needs Chromium on this machine",
  () => {
    let postgres: EmbeddedPostgres;
    let nats: EmbeddedNats;
    let database: Database;
    let link: NatsLink;
    let agentId: string;
    let smithd: RunningSmithd;
    /** One that leads nothing, and wants a token. */
    let second: RunningSmithd;
    let browser: Browser;
    beforeAll(async () => {
      // A server of its own: it is stopped.
      [postgres, nats] = await Promise.all([
        startPostgres({ preloadWhenPresent: ["pg_stat_statements"] }),
        startNats(),
      ]);
      await migrateUp({ connection: postgres.url, folder: migrationsFolder() });
      database = await createDatabase({ primary: { url: postgres.url, min: 0 } });
      link = await connectNats({ servers: nats.url });
      ({ agentId } = await database.agents.register({ agentType: "tester", agentName: "of the page" }));
      await database.write.query(sql.type(nothing)`CREATE EXTENSION IF NOT EXISTS pg_stat_statements`);
      await fillWithHostileTexts();
      smithd = start();
      browser = await startBrowser();
      await vi.waitFor(
        async () => expect((await smithd.page("/metrics")).text).toContain("smith_tasks_ready{"),
        patience,
      );
      second = start({ SMITH_DAEMON_TOKEN: token });
    });
    afterAll(async () => {
      await browser?.close();
      await second?.[Symbol.asyncDispose]();
      await smithd?.[Symbol.asyncDispose]();
      await link?.close();
      await database?.close();
      await nats?.stop();
      await postgres?.stop();
    });

    it("shows both stores, the pipes between them, and what waits, and asks nobody but its smithd", async () => {
      await link.js.publish(stateSubject({ agentId, stateKey: "plan" }), "1");
      await using opened = await watchedPage(browser);
      const { page, asked, faults } = opened;
      await page.goto(await smithd.url());
      await page.getByRole("heading", { name: "Both stores are in step" }).waitFor();
      const text = async (place: string) => await page.locator(place).textContent();
      await expect.poll(() => text("#postgres"), patience).toMatch(/answers[\s\S]*connections\d+ of \d+/);
      expect(await text("#jetstream")).toMatch(/answers[\s\S]*keys of state1\D/);
      expect(await text("#pipes")).toMatch(
        /Agent state to PostgreSQL(in step|moving)[\s\S]*Events to JetStream(in step|moving)/,
      );
      await expect.poll(() => page.locator("#charts canvas").count()).toBe(12);
      await expect.poll(() => text("#alerts-body"), patience).toMatch(/connection pool usage percent/);
      await expect
        .poll(() => text("#measurements-body"), patience)
        .toContain("smith_pg_connections_available");
      const origin = new URL(await smithd.url()).origin;
      expect(asked.length).toBeGreaterThan(20);
      expect(asked.filter((url) => new URL(url).origin !== origin)).toEqual([]);
      expect(faults).toEqual([]);
    });

    it("has tables for what its charts draw, and is used by keys alone", async () => {
      await using opened = await watchedPage(browser);
      const { page } = opened;
      await page.goto(await smithd.url());
      const chart = page.getByRole("article", { name: "Connections" });
      await chart.locator("summary").focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => chart.getByRole("row").count(), patience).toBeGreaterThan(1);
      expect(await chart.getByRole("columnheader").allTextContents()).toEqual([
        "at",
        "active",
        "idle",
        "idle in transaction",
        "limit",
      ]);
      await page.getByRole("radio", { name: "15 min" }).focus();
      await page.keyboard.press("ArrowRight");
      expect(await page.getByRole("radio", { name: "1 h" }).isChecked()).toBe(true);
    });

    it("shows hostile text of a query, a plan and a metric as text, and runs none of it", async () => {
      await using opened = await watchedPage(browser);
      const { page, faults } = opened;
      await page.goto(await smithd.url());
      const statement = page.locator("#statements-body button", { hasText: "pg_sleep" });
      await statement.click();
      await page.locator("#statements-body .plan").waitFor();
      const shown = (await page.locator("#statements-body").textContent()) ?? "";
      expect(shown.split(hostile).length).toBeGreaterThan(3);
      await expect.poll(() => page.locator("#queue-body").textContent(), patience).toContain(hostileType);
      await page.getByRole("searchbox").fill("dead_rows");
      await page.locator("#measurements-body summary", { hasText: "smith_pg_table_dead_rows" }).click();
      expect(await page.evaluate("window.wasRun")).toBeUndefined();
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(faults).toEqual([]);
      await statement.click();
      expect(await page.locator("#statements-body .plan").isVisible()).toBe(false);
    });

    it.each([
      ["a desktop", { width: 1360, height: 900 }],
      ["a tablet", { width: 820, height: 1180 }],
      ["a phone", { width: 360, height: 740 }],
    ])("fits %s, in light and in dark, without scrolling sideways", async (_, viewport) => {
      const grounds = new Set<string>();
      for (const colorScheme of ["light", "dark"] as const) {
        await using opened = await watchedPage(browser, { viewport, colorScheme, reducedMotion: "reduce" });
        const { page, faults } = opened;
        await page.goto(await smithd.url());
        await page.locator("#statements-body button").first().click();
        await page.locator("#measurements-body summary").first().waitFor();
        await expect.poll(() => page.locator("#charts canvas").count()).toBe(12);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
        grounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
        expect(await page.evaluate(animated)).toEqual([]);
        expect(await page.evaluate(faintTexts)).toEqual([]);
        expect(faults).toEqual([]);
      }
      expect(grounds.size).toBe(2);
    });

    it("asks for the token where there is one, refuses a wrong one, and shows all by the right one", async () => {
      await using opened = await watchedPage(browser);
      const { page, asked } = opened;
      await page.goto(await second.url());
      const field = page.getByLabel("Token", { exact: true });
      await field.fill("a-token-that-nobody-knows");
      await page.keyboard.press("Enter");
      await page.getByText("That is not the token of this smithd.").waitFor();
      expect(await page.locator("#postgres").textContent()).toBe("");
      await field.fill(token);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Both stores are in step" }).waitFor(patience);
      expect(asked.filter((url) => url.includes(token))).toEqual([]);

      await using byAddress = await watchedPage(browser);
      await byAddress.page.goto(`${await second.url()}/#token=${token}`);
      await byAddress.page.getByRole("heading", { name: "Both stores are in step" }).waitFor(patience);
      expect(byAddress.page.url()).toBe(`${await second.url()}/`);
      expect(byAddress.asked.filter((url) => url.includes(token))).toEqual([]);
    });

    it("says that smithd does not answer when it is gone", async () => {
      await using opened = await watchedPage(browser);
      const { page } = opened;
      await page.goto(`${await second.url()}/#token=${token}`);
      await page.getByRole("heading", { name: "Both stores are in step" }).waitFor(patience);
      // What PostgreSQL says of itself its leader measures; the other one does for who looks.
      await expect
        .poll(() => page.locator("#foot").textContent(), patience)
        .toContain("another smithd measures PostgreSQL");
      await expect.poll(() => page.locator("#roles").textContent(), patience).toContain("led elsewhere");
      second.signal("SIGKILL");
      await second.ended;
      await page.getByRole("heading", { name: "smithd does not answer" }).waitFor(patience);
    });

    it("shows the advice on indexes with its evidence where the database keeps it, and as text", async () => {
      await using opened = await watchedPage(browser);
      const { page, faults } = opened;
      await page.goto(await smithd.url());
      const section = page.getByRole("region", { name: "Index advice" });
      await section.getByText("tasks.queue (task_type)").click();
      await section.getByText("90 % less cost").waitFor();
      expect((await section.textContent())?.split(hostile).length).toBeGreaterThan(2);
      expect(await page.evaluate("window.wasRun")).toBeUndefined();
      expect(faults).toEqual([]);
    });

    it("says how to have statements recorded where they are not", async () => {
      const extension = sql.identifier(["pg_stat_statements"]);
      await database.write.query(sql.type(nothing)`DROP EXTENSION ${extension}`);
      await using opened = await watchedPage(browser);
      const { page } = opened;
      await page.goto(await smithd.url());
      const shown = async () => {
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
        return await page.locator("#statements-body").textContent();
      };
      await expect.poll(shown, patience).toContain("CREATE EXTENSION pg_stat_statements");
      // Plans that are kept are shown all the same.
      expect(await page.locator("#statements-body button").count()).toBeGreaterThan(0);
    });

    it("becomes red when PostgreSQL is stopped, keeps what it knew, and is well again when that is back", async () => {
      await using opened = await watchedPage(browser);
      const { page } = opened;
      await page.goto(await smithd.url());
      await page.getByRole("heading", { name: "Both stores are in step" }).waitFor();
      await expect.poll(() => page.locator("#alerts-body tr").count(), patience).toBeGreaterThan(5);
      await postgres.kill();
      await page.getByRole("heading", { name: "smithd cannot do its work" }).waitFor(patience);
      await expect
        .poll(() => levels(page), patience)
        .toMatchObject({ state: "critical", postgres: "critical" });
      expect(await page.locator("#postgres .state").textContent()).toBe("away");
      expect(await page.locator("#jetstream .state").textContent()).toBe("answers");
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      await expect
        .poll(() => page.locator("#alerts-trouble").textContent(), patience)
        .toContain("Not known now");
      expect(await page.locator("#alerts-body tr").count()).toBeGreaterThan(5);
      await postgres.start();
      await expect
        .poll(() => levels(page), { ...patience, timeout: 40_000 })
        .toMatchObject({ postgres: "ok" });
      await expect.poll(async () => (await levels(page)).state, patience).not.toBe("critical");
    });

    /** What the database holds before smithd looks at it. */
    async function fillWithHostileTexts(): Promise<void> {
      const run = (statement: Parameters<Database["write"]["query"]>[0]) => database.write.query(statement);
      const name = sql.identifier([hostile]);
      await run(sql.type(nothing)`CREATE TABLE public.${name} (id INT)`);
      await run(sql.type(nothing)`INSERT INTO public.${name} SELECT generate_series(1, 10)`);
      await run(sql.type(nothing)`DELETE FROM public.${name}`);
      await run(sql.type(nothing)`SELECT pg_catalog.pg_sleep(0.3) FROM (VALUES (1)) AS ${name}`);
      await adviseIndex();
      // A server that has just begun has read little from its cache: that is none of what is tested here.
      await run(sql.type(nothing)`UPDATE monitoring.alert_thresholds SET hold_for = '1 hour'`);
      await database.tasks.enqueue({ taskType: hostileType });
      const node = { "Node Type": hostile, "Relation Name": hostile, Filter: hostile, "Total Cost": 1 };
      await run(sql.type(nothing)`
        INSERT INTO monitoring.query_plans (query_hash, query_text, plan_json, mean_exec_time_ms, chosen_at)
        -- What smithd captures at its start comes before it.
        SELECT s.queryid::TEXT, s.query, ${JSON.stringify([{ Plan: node }])}::JSONB, 300, now() + INTERVAL '1 hour'
        FROM pg_stat_statements AS s WHERE s.query LIKE 'SELECT pg_catalog.pg_sleep%'`);
    }

    async function adviseIndex(): Promise<void> {
      const run = (statement: Parameters<Database["write"]["query"]>[0]) => database.write.query(statement);
      await run(sql.type(nothing)`
        INSERT INTO monitoring.index_recommendations (
          schema_name, table_name, column_names, recommendation_reason, estimated_benefit, scan_count, index_name,
          definition, is_validated, cost_before, cost_after
        ) VALUES (
          'tasks', 'queue', '{task_type}', ${hostile}, ${hostile}, 17, 'idx', 'CREATE INDEX', TRUE, 1000, 100
        )`);
    }

    function start(env: Readonly<Record<string, string>> = {}): RunningSmithd {
      return runSmithd([], {
        SMITH_DATABASE_URL: postgres.url,
        SMITH_NATS_URL: nats.url,
        SMITH_DAEMON_MONITOR_INTERVAL_MS: "1000",
        SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: "67108864",
        ...env,
      });
    }

    async function levels(page: Page) {
      const state = await page.locator("#state").getAttribute("data-level");
      const postgresLevel = await page.locator("#postgres .state").getAttribute("data-level");
      return { state, postgres: postgresLevel };
    }
  },
);

// Both run in the page.
const animated = `document.getAnimations().map((one) => one.animationName)`;
const faintTexts = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((all, one, at) => all + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "");
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(element.className + ": " + element.textContent.slice(0, 30) + " " + contrast.toFixed(2));
  }
  return faint;
})()`;
