import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** An e-mail as a server took it. */
export interface TakenMail {
  readonly to: readonly string[];
  readonly user: unknown;
  readonly text: string;
}

/** A real SMTP server. */
export interface MailServer extends AsyncDisposable {
  /** Where it listens, as host and port. */
  readonly host: string;
  readonly mails: readonly TakenMail[];
}

/** Starts a server on a free port that takes everything, from anybody. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, callback) {
      let text = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk) => {
        text += chunk;
      });
      stream.on("end", () => {
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          user: session.user,
          text,
        });
        callback();
      });
    },
    ...options,
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  return {
    host: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
    mails,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
