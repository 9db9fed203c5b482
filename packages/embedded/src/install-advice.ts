const dockerWay = "or run `docker compose up` and give the servers' URLs instead";

/** How a person gets a PostgreSQL server, for every system that we know. */
export const postgresAdvice =
  "Install PostgreSQL 15 or newer – Debian and Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; " +
  `macOS: \`brew install postgresql@17\` – or name the folder of its programs in SMITH_PG_BIN, ${dockerWay}.`;

/** How a person gets a nats-server, for every system that we know. */
export const natsAdvice =
  "Install nats-server – Debian and Ubuntu: `apt-get install nats-server`; Fedora: " +
  "`dnf install` the .rpm for your processor from https://github.com/nats-io/nats-server/releases; " +
  `macOS: \`brew install nats-server\` – or name the program in SMITH_NATS_BIN, ${dockerWay}.`;
