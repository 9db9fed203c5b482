import { asDatabaseError, isSmithError } from "@mister-smith/errors";
import pg from "pg";
import type { Call } from "../connection/call.ts";
import { resetSession } from "../connection/reset-session.ts";
import { Session } from "../connection/session.ts";
import { ClientError } from "../errors/client-error.ts";
import { connectionLost } from "../errors/connection-lost.ts";
import type { PoolCounts } from "./server-pool.ts";
import type { PoolEvent, ServerPoolOptions } from "./server-pool-options.ts";
import { WaitingLine } from "./waiting-line.ts";

/** How long a connection that was idle for long may take to show that it is alive, in milliseconds. */
const testTimeoutMs = 3_000;

/** How long a server may take to say goodbye, in milliseconds. */
const goodbyeTimeoutMs = 2_000;

/**
 * The sessions of one pool. pg's pool opens, keeps and retires them; here is the line of those who wait, which it
 * cannot leave or bound, and the care that a session is clean when it is handed on.
 */
export class SessionPool {
  readonly #pool: pg.Pool;
  readonly #options: ServerPoolOptions;
  readonly #address: string;
  readonly #line = new WaitingLine();
  /** Every open session, idle ones too. */
  readonly #sessions = new Set<Session>();
  #lent = 0;
  #closing: Promise<void> | undefined;
  #lastGone: (() => void) | undefined;
  #filling: NodeJS.Timeout | undefined;
  #fillFailures = 0;

  constructor(options: ServerPoolOptions, greet: (session: Session) => Promise<void>) {
    this.#options = options;
    this.#address = `${options.host}:${options.port}`;
    this.#pool = pgPool(options, greet, this.#sessions);
    this.#pool.on("connect", () => this.#tell("connect"));
    this.#pool.on("remove", (session) => {
      if (session instanceof Session) this.#sessions.delete(session);
      this.#tell("remove");
      this.#fillLater();
    });
    this.#pool.on("error", (error) => this.#tellIdleError(error));
    this.#fillLater(0);
  }

  counts(): PoolCounts {
    return {
      active: this.#lent,
      idle: this.#pool.idleCount,
      waiting: this.#line.length,
      max: this.#options.limits.max,
    };
  }

  /** A session that nobody else uses until it is given back. */
  async take(call: Call): Promise<Session> {
    if (this.#closing !== undefined) throw closed();
    if (call.ended !== undefined) throw call.ended;
    // Whoever gets a turn gets the place of the one who left: it stays counted.
    const handedOn = this.#lent < this.#options.limits.max ? this.#enter() : await this.#waitForTurn(call);
    const session = handedOn ?? (await this.#opened(call));
    this.#tell("acquire");
    return session;
  }

  /** Takes a session back; it goes on to the next when it is clean. */
  give(session: Session): void {
    this.#tell("release");
    if (session.outdated) this.#doubtPlans(session);
    if (session.lost === undefined && !session.spoilt && this.#needsReset(session))
      void this.#giveAfterReset(session);
    else this.#handOn(session);
  }

  interrupt(reason: Error): void {
    for (const session of [...this.#sessions]) session.break(reason);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #needsReset(session: Session): boolean {
    // Behind a pooler of transactions the next statement may meet another session: there is nothing to reset.
    if (this.#options.transactionPooling === true) return session.inTransaction;
    return session.dirty || session.inTransaction || this.#options.sessionReset === "always";
  }

  async #giveAfterReset(session: Session): Promise<void> {
    const timer = setTimeout(() => session.break(new Error("the session was not reset in time")), 10_000);
    try {
      if (session.inTransaction) await rollBack(session);
      if (this.#needsReset(session)) await resetSession(session);
    } catch (error) {
      session.break(error instanceof Error ? error : new Error(String(error)));
    } finally {
      clearTimeout(timer);
      this.#handOn(session);
    }
  }

  // What does not fit any more in one session does not in the others either.
  #doubtPlans(session: Session): void {
    session.outdated = false;
    for (const other of this.#sessions) other.doubtNames();
  }

  #handOn(session: Session): void {
    const { maxLifetimeMs } = this.#options.limits;
    const now = performance.now();
    session.idleSince = now;
    const worn = session.spoilt || (maxLifetimeMs > 0 && now - session.openedAt > maxLifetimeMs);
    if (session.lost === undefined && !worn && this.#line.serve(session)) return;
    release(session, session.lost !== undefined || worn);
    this.#left();
  }

  #enter(): undefined {
    this.#lent += 1;
  }

  #left(): void {
    if (this.#line.serve(undefined)) return;
    this.#lent -= 1;
    if (this.#lent === 0) this.#lastGone?.();
  }

  #waitForTurn(call: Call): Promise<Session | undefined> {
    const { acquireTimeoutMs } = this.#options.limits;
    return this.#line.wait(call, acquireTimeoutMs, () => this.#exhausted());
  }

  async #opened(call: Call): Promise<Session> {
    const session = await this.#fromPool(call);
    const { testAfterIdleMs } = this.#options.limits;
    if (testAfterIdleMs === false || performance.now() - session.idleSince <= testAfterIdleMs) return session;
    if (await this.#answers(session, call)) return session;
    release(session, true);
    return await this.#fromPool(call);
  }

  /** Tests an idle session. Whoever's call ends before is not held up: the session then goes on without him. */
  #answers(session: Session, call: Call): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let waits = true;
      call.onEnd = (why) => {
        waits = false;
        reject(why);
      };
      void isAlive(session).then((alive) => {
        if (!alive) this.#breakIdle(session);
        if (!waits) return this.#handOn(session);
        call.onEnd = undefined;
        resolve(alive);
      });
    });
  }

  // The one used last is taken first: whatever is idle now has been so for longer.
  #breakIdle(session: Session): void {
    const lost = session.lost ?? new Error("an idle connection did not answer");
    for (const other of [...this.#sessions]) if (other.idleSince <= session.idleSince) other.break(lost);
  }

  /** A session of pg's pool, or a new one. Who cannot have it gives up his place. */
  #fromPool(call: Call): Promise<Session> {
    return new Promise((resolve, reject) => {
      let waits = true;
      call.onEnd = (why) => {
        waits = false;
        reject(why);
      };
      this.#pool.connect((error, session) => {
        if (waits) call.onEnd = undefined;
        if (session instanceof Session) {
          if (waits) resolve(session);
          // Not at once: pg's pool serves the next from inside of this.
          else setImmediate(() => this.#handOn(session));
          return;
        }
        const failure = error ?? closed();
        this.#tell("error", failure);
        this.#left();
        reject(refusedConnection(failure, `connect to ${this.#address}`));
      });
    });
  }

  #exhausted(): ClientError {
    const { name, limits } = this.#options;
    const counts = this.counts();
    return new ClientError(
      "POOL_EXHAUSTED",
      `no connection of the pool ${name} to ${this.#address} became free within ${limits.acquireTimeoutMs} ms: ` +
        `${counts.active} of ${counts.max} are in use, ${counts.waiting} callers wait`,
      {
        hint: `Hold connections for less time, or raise \`max\` of the pool ${name}.`,
        retryable: true,
        details: { pool: name, address: this.#address, ...counts },
      },
    );
  }

  /** Opens connections up to `min`, in the background. */
  #fillLater(delayMs = Math.min(30_000, 250 * 2 ** this.#fillFailures)): void {
    if (this.#filling !== undefined || this.#closing !== undefined) return;
    if (this.#pool.totalCount >= this.#options.limits.min) return;
    this.#filling = setTimeout(() => {
      this.#filling = undefined;
      void this.#fill();
    }, delayMs);
    this.#filling.unref();
  }

  async #fill(): Promise<void> {
    const missing = this.#options.limits.min - this.#pool.totalCount;
    const opened = await Promise.allSettled(
      Array.from({ length: Math.max(0, missing) }, () => this.#openOne()),
    );
    const failed = opened.some(({ status }) => status === "rejected");
    this.#fillFailures = failed ? this.#fillFailures + 1 : 0;
    if (failed) this.#fillLater();
  }

  #openOne(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) {
        resolve();
        return;
      }
      this.#pool.connect((error, session) => {
        if (session === undefined) {
          const failure = error ?? new Error("no connection");
          this.#tellIdleError(failure);
          reject(failure);
          return;
        }
        session.release();
        resolve();
      });
    });
  }

  async #close(): Promise<void> {
    clearTimeout(this.#filling);
    const { closeTimeoutMs } = this.#options.limits;
    if (this.#lent > 0) await this.#waitForLast(closeTimeoutMs);
    // pg's pool does not wait for the sockets, and without end for what was not given back.
    const ended = [...this.#sessions].map(
      (session) => new Promise((resolve) => session.once("end", resolve)),
    );
    const timer = setTimeout(() => this.interrupt(closed()), goodbyeTimeoutMs);
    void this.#pool.end();
    await Promise.all(ended);
    clearTimeout(timer);
  }

  #waitForLast(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#line.refuseAll(closed());
        this.interrupt(closed());
        resolve();
      }, timeoutMs);
      this.#lastGone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tellIdleError(error: Error): void {
    this.#tell("error", error);
    this.#options.onIdleError?.(error);
  }

  #tell(type: PoolEvent["type"], error?: Error): void {
    const { onEvent, name } = this.#options;
    if (onEvent === undefined) return;
    onEvent({ type, pool: name, address: this.#address, ...(error === undefined ? {} : { error }) });
  }
}

function pgPool(
  options: ServerPoolOptions,
  greet: (session: Session) => Promise<void>,
  sessions: Set<Session>,
): pg.Pool {
  const { limits } = options;
  // pg's pool makes its clients of this class; it is given the pool's own configuration.
  class PooledSession extends Session {
    constructor(config: pg.ClientConfig) {
      super({ ...config, password: options.password, connectionTimeoutMillis: limits.connectTimeoutMs });
      this.onServed = options.onServed;
      sessions.add(this);
      this.once("end", () => sessions.delete(this));
    }
  }
  const timeouts = options.transactionPooling === true ? {} : serverTimeouts(options);
  return new pg.Pool({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    ssl: options.ssl ?? false,
    application_name: options.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    max: limits.max,
    min: limits.min,
    idleTimeoutMillis: limits.idleTimeoutMs,
    maxLifetimeSeconds: limits.maxLifetimeMs / 1_000,
    ...timeouts,
    // Its type promises a constructor without arguments, and is not so called.
    Client: PooledSession as unknown as new () => pg.ClientBase,
    onConnect: async (client) => {
      if (client instanceof Session) await greet(client);
    },
  });
}

// The driver keeps a number 0 to itself, and the server's own limit would hold; the text it sends.
function sent(milliseconds: number): number {
  return String(milliseconds) as unknown as number;
}

function serverTimeouts({ limits }: ServerPoolOptions): pg.ClientConfig {
  return {
    statement_timeout: sent(limits.statementTimeoutMs),
    lock_timeout: sent(limits.lockTimeoutMs),
    idle_in_transaction_session_timeout: sent(limits.idleInTransactionTimeoutMs),
  };
}

async function isAlive(session: Session): Promise<boolean> {
  const timer = setTimeout(
    () => session.break(new Error("an idle connection did not answer")),
    testTimeoutMs,
  );
  const { failure } = await session.script("SELECT");
  clearTimeout(timer);
  return failure === undefined && session.lost === undefined;
}

async function rollBack(session: Session): Promise<void> {
  const { failure } = await session.script("ROLLBACK");
  if (failure !== undefined) throw failure;
}

function release(session: Session, remove: boolean): void {
  // pg's pool gives its clients this method.
  if ("release" in session && typeof session.release === "function") session.release(remove);
}

// The server's refusal says what is wrong; whatever else happened, there is no connection.
function refusedConnection(error: Error, doing: string): Error {
  if (isSmithError(error)) return error;
  return error instanceof pg.DatabaseError ? asDatabaseError(error, doing) : connectionLost(error, doing);
}

/** The answer to whoever comes too late. */
export function closed(): ClientError {
  return new ClientError("CLOSED", "the database was closed", {
    hint: "Open it again with `createDatabase`, or close it only after everything is done.",
  });
}
