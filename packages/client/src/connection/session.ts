import net from "node:net";
import type { ConnectionOptions } from "node:tls";
import pg from "pg";
import type { Exchange } from "./exchange.ts";
import type { RowShape } from "./row-shape.ts";
import { ScriptRun } from "./script-run.ts";

/** Statements that the server keeps for one session; each costs it some tens of kilobytes. */
const mostNames = 256;

/** What cancels a statement: which server process, and the secret that allows it. */
export interface CancelKey {
  readonly processId: number;
  readonly secretKey: number;
}

/** A setting that the server reports of itself. */
interface ReportedParameter {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** A connection with what is to be remembered about it. */
export class Session extends pg.Client {
  /** The shapes of the rows of the statements that the server keeps, by name. */
  readonly shapes = new Map<string, RowShape>();
  /** When it was opened, by `performance.now()`. */
  readonly openedAt = performance.now();
  /** When it was last given back, by `performance.now()`. */
  idleSince = performance.now();
  /** Something may be left behind in the session. */
  dirty = false;
  /** Something is left behind that no reset takes away: it is closed instead of handed on. */
  spoilt = false;
  /** Statements that servers keep for this database may no longer fit. */
  outdated = false;
  /** Why the connection is gone. */
  lost: Error | undefined;
  /** How the server writes times, as it reports whenever that changes. */
  dateStyle = "";
  /** Called when the server has done what it was asked. */
  onServed: (() => void) | undefined;
  // pg sets them when the server has sent them; its types leave them out.
  declare readonly processID: number | null;
  declare readonly secretKey: number | null;

  readonly #doubtful = new Set<string>();

  readonly #certified: ConnectionOptions;

  constructor(config: pg.ClientConfig) {
    const { servername, ...certified } = typeof config.ssl === "object" ? config.ssl : {};
    // pg hides the key of what it is given.
    super({ ...config, ...(typeof config.ssl === "object" ? { ssl: { ...certified } } : {}) });
    const name = servername ?? this.host;
    this.#certified = { ...certified, host: name, ...(net.isIP(name) === 0 ? { servername: name } : {}) };
    if (servername !== undefined) askFor(this.connection, servername);
    // pg's types leave this event out.
    this.connection.on("parameterStatus", ({ parameterName, parameterValue }: ReportedParameter) => {
      if (parameterName === "DateStyle") this.dateStyle = parameterValue;
    });
    this.on("error", (error) => {
      this.lost ??= error;
    });
    this.once("end", () => {
      this.lost ??= new Error("Connection terminated");
    });
  }

  /** Carries an exchange to its end; what went wrong stands in it. */
  exchange(make: (settled: (exchange: Exchange) => void) => Exchange): Promise<Exchange> {
    return new Promise((resolve) => {
      const settled = (exchange: Exchange) => {
        if (exchange.failure === undefined) this.onServed?.();
        resolve(exchange);
      };
      this.query(make(settled));
    });
  }

  /** Runs a script of our own; what went wrong stands in the result. */
  script(text: string): Promise<Exchange> {
    return this.exchange((settled) => new ScriptRun(this, text, settled));
  }

  /** Breaks the connection at once: what runs on it fails with `reason`. */
  break(reason: Error): void {
    this.lost ??= reason;
    this.connection.stream.destroy(reason);
  }

  get inTransaction(): boolean {
    const status = this.getTransactionStatus();
    return status === "T" || status === "E";
  }

  get cancelKey(): CancelKey | undefined {
    return this.processID === null || this.secretKey === null
      ? undefined
      : { processId: this.processID, secretKey: this.secretKey };
  }

  /** How a connection to the same server is made sure of over TLS, with the name in its certificate. */
  get tls(): ConnectionOptions {
    return this.#certified;
  }

  /** The very server behind a name with several addresses. */
  get remote(): { readonly path: string } | { readonly host: string; readonly port: number } {
    if (this.host.startsWith("/")) return { path: `${this.host}/.s.PGSQL.${this.port}` };
    const { stream } = this.connection;
    const address = stream instanceof net.Socket ? stream.remoteAddress : undefined;
    return { host: address ?? this.host, port: this.port };
  }

  keepName(name: string, shape: RowShape): void {
    this.#doubtful.delete(name);
    this.shapes.set(name, shape);
  }

  /** Forgets a statement of which it is not known whether the server has it. */
  doubtName(name: string): void {
    this.shapes.delete(name);
    this.#doubtful.add(name);
  }

  /** Forgets all statements, of which the server may have some. */
  doubtNames(): void {
    for (const name of this.shapes.keys()) this.#doubtful.add(name);
    this.shapes.clear();
  }

  /** Forgets all statements: the server has none any more. */
  forgetNames(): void {
    this.shapes.clear();
    this.#doubtful.clear();
  }

  /** The statements that the server has to forget before it takes another one under `name`. */
  namesToClose(name: string): readonly string[] {
    if (name === "") return [];
    const names = [...this.#doubtful];
    this.#doubtful.clear();
    if (this.shapes.size >= mostNames) {
      for (const oldest of this.shapes.keys()) {
        this.shapes.delete(oldest);
        names.push(oldest);
        break;
      }
    }
    return names;
  }

  /** Calls back when the server is ready for a statement, or the connection is gone. */
  onceReadyOrGone(then: () => void): void {
    const { connection } = this;
    const settle = () => {
      connection.removeListener("readyForQuery", settle);
      connection.removeListener("end", settle);
      then();
    };
    connection.once("readyForQuery", settle);
    connection.once("end", settle);
  }
}

// pg takes the host for the name in the certificate, whatever its TLS options say. Its types leave this method out.
function askFor(connection: pg.Connection, servername: string): void {
  const upgraded = connection as pg.Connection & {
    upgradeToSSL(name: string, ...others: unknown[]): unknown;
  };
  const upgrade = upgraded.upgradeToSSL.bind(connection);
  upgraded.upgradeToSSL = (_host, ...others) => upgrade(servername, ...others);
}
