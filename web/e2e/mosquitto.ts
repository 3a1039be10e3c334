import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './server';

const run = promisify(execFile);

/** The distribution keeps the broker where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

export interface Account {
  username: string;
  password: string;
}

/** Mosquitto as an outside broker: with passwords, on a loopback port of its own. */
export class Mosquitto {
  readonly dir = mkdtempSync(join(tmpdir(), 'coolant-e2e-broker-'));
  port = 0;
  #process: ChildProcess | undefined;
  #log = '';

  get #rules(): string {
    return join(this.dir, 'rules');
  }

  private constructor(readonly certificate?: { cert: string; key: string; ca: string }) {}

  /** Starts with these users; with TLS if it has a certificate. */
  static async start(users: Account[], certificate?: { cert: string; key: string; ca: string }) {
    const broker = new Mosquitto(certificate);
    broker.port = await freePort();
    const passwords = join(broker.dir, 'passwords');
    writeFileSync(passwords, '', { mode: 0o600 });
    for (const { username, password } of users)
      await run('mosquitto_passwd', ['-b', passwords, username, password], { env });
    writeFileSync(
      join(broker.dir, 'mosquitto.conf'),
      [
        `user ${userInfo().username}`,
        `listener ${broker.port} 127.0.0.1`,
        'allow_anonymous false',
        `password_file ${passwords}`,
        'max_queued_messages 10000',
        `acl_file ${broker.#rules}`,
        ...(certificate ? [`certfile ${certificate.cert}`, `keyfile ${certificate.key}`] : []),
        '',
      ].join('\n'),
    );
    broker.allow(['pattern readwrite #']); // everything to every user, as most installations do at first
    await broker.again();
    return broker;
  }

  /** Sets the access rules that it goes by from its next start on. */
  allow(rules: string[]): void {
    writeFileSync(this.#rules, `${rules.join('\n')}\n`, { mode: 0o600 });
  }

  get url(): string {
    return this.certificate ? `mqtts://localhost:${this.port}` : `mqtt://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again on the same port with nothing remembered. */
  async again(): Promise<void> {
    const child = spawn('mosquitto', ['-c', join(this.dir, 'mosquitto.conf')], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      this.#log = (this.#log + chunk).slice(-20_000);
    });
    this.#process = child;
    await until('Mosquitto to listen', () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${this.#log}`);
      return listens(this.port);
    });
  }

  /** Ends it without any notice. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Publishes a message as a device would, and waits for its acknowledgement. */
  async publish(as: Account, topic: string, message: string): Promise<void> {
    const tls = this.certificate ? ['--cafile', this.certificate.ca] : [];
    await run('mosquitto_pub', [
      ...['-h', 'localhost', '-p', String(this.port), ...tls],
      ...['-u', as.username, '-P', as.password, '-V', 'mqttv5', '-q', '1', '-t', topic, '-m', message],
    ]);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}
