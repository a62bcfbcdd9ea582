/** A headless Chromium, driven over a pipe by its DevTools protocol: no port, no package. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Readable, Writable } from 'node:stream';

const NAMES = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'];
const STEP_MS = 30_000;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
];

/** The command of a Chromium, or undefined: then there is none. */
export function findChromium(): string | undefined {
  return NAMES.find((name) => name !== undefined && spawnSync(name, ['--version']).status === 0);
}

type Params = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class Browser {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #calls = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #rest = '';
  #next = 1;

  constructor(command: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'patterns-chromium-'));
    this.#child = spawn(command, [...FLAGS, `--user-data-dir=${this.#folder}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.#folder }, // or its lock stays behind in the machine's
    });
    const output = this.#child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (text: string) => this.#take(text));
  }

  /** A file, or an address. */
  async open(file: string): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, String(sessionId));
    await page.goto(/^https?:/.test(file) ? file : pathToFileURL(file).href);
    return page;
  }

  listen(listener: (message: Message) => void): void {
    this.#listeners.add(listener);
  }

  send(method: string, params: Params = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), STEP_MS);
      this.#calls.set(id, ({ error, result = {} }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      const input = this.#child.stdio[3] as Writable;
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(timer);
    // Its other processes may still write, for a moment.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }).catch(
      () => {},
    );
  }

  #take(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop()!;
    for (const one of messages) {
      const message = JSON.parse(one) as Message;
      if (message.id === undefined) for (const listener of this.#listeners) listener(message);
      else {
        this.#calls.get(message.id)?.(message);
        this.#calls.delete(message.id);
      }
    }
  }
}

export interface View {
  readonly width: number;
  readonly dark?: boolean;
  readonly mobile?: boolean;
}

export class Page {
  readonly #browser: Browser;
  readonly #session: string;
  /** Errors and warnings of the console, and exceptions. */
  readonly complaints: string[] = [];
  /** Addresses that were asked for. */
  readonly requests: string[] = [];
  #loaded: () => void = () => {};

  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.#session = session;
    browser.listen(({ method, params = {}, sessionId }) => {
      if (sessionId !== session) return;
      if (method === 'Page.loadEventFired') this.#loaded();
      if (method === 'Network.requestWillBeSent') {
        this.requests.push((params.request as { url: string }).url);
      }
      if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params));
      if (method === 'Log.entryAdded') this.complaints.push(JSON.stringify(params.entry));
      if (method === 'Runtime.consoleAPICalled') this.complaints.push(JSON.stringify(params.args));
    });
  }

  async goto(url: string): Promise<void> {
    for (const domain of ['Page', 'Network', 'Runtime', 'Log'])
      await this.#send(`${domain}.enable`);
    const loaded = new Promise<void>((resolve) => (this.#loaded = resolve));
    await this.#send('Page.navigate', { url });
    await loaded;
  }

  async view({ dark = false, mobile = false, width }: View): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 900,
      deviceScaleFactor: mobile ? 2 : 1,
      mobile,
    });
    await this.media('screen', dark);
  }

  async media(media: 'screen' | 'print', dark = false): Promise<void> {
    const value = dark ? 'dark' : 'light';
    await this.#send('Emulation.setEmulatedMedia', {
      media,
      features: [{ name: 'prefers-color-scheme', value }],
    });
  }

  /** Without scripts, from the next `goto` on. */
  async withoutScripts(): Promise<void> {
    await this.#send('Emulation.setScriptExecutionDisabled', { value: true });
  }

  /** The value of an expression in the page. */
  async value<T>(expression: string): Promise<T> {
    const { exceptionDetails, result } = await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** The whole page as a PNG, or a part of it. */
  async picture(part?: { y: number; width: number; height: number }): Promise<Buffer> {
    const { data } = await this.#send('Page.captureScreenshot', {
      captureBeyondViewport: true,
      ...(part === undefined ? {} : { clip: { x: 0, scale: 1, ...part } }),
    });
    return Buffer.from(String(data), 'base64');
  }

  async pdf(): Promise<Buffer> {
    const { data } = await this.#send('Page.printToPDF', {
      preferCSSPageSize: true,
      paperWidth: 8.27,
      paperHeight: 11.69,
    });
    return Buffer.from(String(data), 'base64');
  }

  #send(method: string, params: Params = {}): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#session);
  }
}
