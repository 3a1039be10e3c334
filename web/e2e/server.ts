import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The program under test: built with the page inside. */
export const BINARY = resolve(process.env.COOLANT_BIN ?? '../bin/coolant');

/** A local server that needs longer than this for an answer hangs. */
const ANSWER_MS = 30_000;
/** So does one that has not ended by then. */
const END_MS = 30_000;

/** Asks again and again until the answer is neither undefined, null nor false; says what it waited for if in vain. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  within = 60_000,
): Promise<T> {
  const deadline = Date.now() + within;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited ${within} ms for ${what}; last: ${String(last)}`);
}

export interface Credential {
  id: string;
  username: string;
  password: string;
}

/** The real program, as a process of its own with a data directory of its own. */
export class Server {
  readonly dir = mkdtempSync(join(tmpdir(), 'coolant-e2e-'));
  addresses: { http: string; mqtts: string } = { http: '', mqtts: '' };
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(
    readonly command: 'demo' | 'serve',
    readonly args: string[],
    readonly env: Record<string, string>,
    readonly probe: 'readyz' | 'livez',
  ) {}

  /**
   * Starts on ports that are free and waits until it is ready; or only until it
   * lives, for one that cannot do its work.
   */
  static async start(
    command: 'demo' | 'serve',
    args: string[] = [],
    env: Record<string, string> = {},
    probe: 'readyz' | 'livez' = 'readyz',
  ) {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} does not exist; \`make build\` makes it`);
    const server = new Server(command, args, env, probe);
    await server.#spawn('127.0.0.1:0');
    return server;
  }

  get origin(): string {
    return `http://${this.addresses.http}`;
  }

  url(path = ''): string {
    return `${this.origin}${this.env.COOLANT_HTTP_BASE_PATH ?? '/'}${path}`;
  }

  async json<T>(path: string): Promise<T> {
    const answer = await fetch(this.url(path), { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Ends it without any notice, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts it again on the same port with the same data. */
  async again(): Promise<void> {
    rmSync(join(this.dir, 'coolant.addr.json'), { force: true });
    await this.#spawn(this.addresses.http);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  async addDevice(id: string): Promise<Credential> {
    const { stdout } = await run(BINARY, ['device', 'add', id, '--json', '--data', this.dir], {
      env: this.#environment(),
    });
    return JSON.parse(stdout) as Credential;
  }

  /** Runs a command of the program on the same data and settings. Says how it ended, and what it printed. */
  async perform(args: string[], input: string): Promise<{ code: number; output: string }> {
    const child = spawn(BINARY, [...args, '--data', this.dir], { env: this.#environment() });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const code = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)));
    child.stdin.end(input);
    return { code: await code, output };
  }

  /** Publishes messages over TLS, as a device would, one a line, and waits for their acknowledgement. */
  async publish(as: Credential, topic: string, messages: string[]): Promise<void> {
    const port = this.addresses.mqtts.slice(this.addresses.mqtts.lastIndexOf(':') + 1);
    const client = run('mosquitto_pub', [
      ...['-h', 'localhost', '-p', port, '--cafile', join(this.dir, 'tls/ca.crt')],
      ...[
        '-u',
        as.username,
        '-P',
        as.password,
        '-i',
        `${as.username}-${Math.random().toString(36).slice(2)}`,
      ],
      ...['-V', 'mqttv5', '-q', '1', '-t', topic, '-l'],
    ]);
    client.child.stdin?.end(messages.map((m) => `${m}\n`).join(''));
    await client;
  }

  #environment(): NodeJS.ProcessEnv {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('COOLANT_'));
    return { ...Object.fromEntries(clean), ...this.env };
  }

  async #spawn(http: string): Promise<void> {
    const listen = ['--http', http, '--mqtts', '127.0.0.1:0', '--mqtt', ''];
    const child = spawn(BINARY, [this.command, ...listen, '--data', this.dir, ...this.args], {
      env: this.#environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      this.#log = (this.#log + chunk).slice(-20_000);
    });
    this.#process = child;
    await until('the server to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${this.#log}`);
      this.addresses = JSON.parse(readFileSync(join(this.dir, 'coolant.addr.json'), 'utf8'));
      return (await fetch(this.url(this.probe), { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(late);
    if (child.signalCode !== null && child.signalCode !== signal)
      throw new Error(`it did not end:\n${this.#log}`);
  }
}
