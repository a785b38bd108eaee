// A real browser: Debian's Chromium, driven over its pipe (Chrome DevTools Protocol), without a dependency.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** Where distributions have it; CHROMIUM names another. */
const PROGRAMS = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--remote-debugging-pipe', '--hide-scrollbars'];

/** Looking all the time would take the processor from the page. */
const LOOK_MS = 30;

interface Message { readonly id?: number; readonly sessionId?: string; readonly method?: string; readonly params?: Record<string, unknown>; readonly result?: unknown; readonly error?: { readonly message: string } }
interface Evaluated { readonly result: { readonly value?: unknown }; readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } } }

export interface View { readonly width: number; readonly height: number; readonly dark?: boolean; readonly phone?: boolean }
export const DESKTOP: View = { width: 1280, height: 800 };
export const PHONE: View = { width: 375, height: 700, phone: true };

/** The browser; one for a test file. */
export class Browser implements AsyncDisposable {
  readonly #write: Writable;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #listeners = new Map<string, (message: Message) => void>();
  readonly #end: () => Promise<void>;
  #id = 0;

  private constructor(read: Readable, write: Writable, end: () => Promise<void>) {
    this.#write = write;
    this.#end = end;
    let rest = '';
    read.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0');
      rest = parts.pop()!;
      for (const part of parts) this.#take(JSON.parse(part) as Message);
    });
  }

  static async start(): Promise<Browser> {
    const program = PROGRAMS.find((path) => path !== undefined && existsSync(path));
    assert.ok(program !== undefined, 'these tests need a browser: install chromium (Debian: apt-get install chromium), or name one in CHROMIUM');
    const folder = mkdtempSync(join(tmpdir(), 'agent-browser-'));
    const child = spawn(program, [...FLAGS, `--user-data-dir=${folder}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true });
    const exited = new Promise<void>((resolve) => { child.once('exit', () => { resolve(); }); });
    const write = child.stdio[3] as Writable;
    write.on('error', () => {});
    const browser = new Browser(child.stdio[4] as Readable, write, async () => {
      await Promise.race([browser.send('Browser.close').catch(() => undefined), exited]);
      const deadline = setTimeout(() => { process.kill(-child.pid!, 'SIGKILL'); }, 5000);
      await exited;
      clearTimeout(deadline);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    });
    await browser.send('Browser.getVersion');
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> { await this.#end(); }

  async send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    const id = ++this.#id;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#write.write(`${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    return waiting.promise;
  }

  #take(message: Message): void {
    if (message.id === undefined) {
      this.#listeners.get(message.sessionId ?? '')?.(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error.message));
  }

  /** A tab of its own, with cookies and storage of its own, on a URL. */
  async open(url: string, view: View = DESKTOP): Promise<Tab> {
    const { browserContextId } = await this.send('Target.createBrowserContext') as { browserContextId: string };
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId }) as { targetId: string };
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true }) as { sessionId: string };
    const tab = new Tab((method, params) => this.send(method, params, sessionId), () => this.send('Target.disposeBrowserContext', { browserContextId }));
    this.#listeners.set(sessionId, (message) => { tab.heard(message.method ?? '', message.params ?? {}); });
    await tab.begin(view);
    await tab.go(url);
    return tab;
  }
}

/** One page. What it says to the console, what it throws and what its policy refuses is kept in `complaints`. */
export class Tab implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly #send: (method: string, params?: object) => Promise<unknown>;
  readonly #close: () => Promise<unknown>;

  constructor(send: (method: string, params?: object) => Promise<unknown>, close: () => Promise<unknown>) {
    this.#send = send;
    this.#close = close;
  }

  async [Symbol.asyncDispose](): Promise<void> { await this.#close(); }

  heard(method: string, params: Record<string, unknown>): void {
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(String(params['type']))) this.complaints.push(JSON.stringify(params['args']));
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params['exceptionDetails']));
    if (method === 'Log.entryAdded') {
      const { level, text, url } = params['entry'] as { level: string; text: string; url?: string };
      if (level === 'error' || level === 'warning') this.complaints.push(`${text} ${url ?? ''}`);
    }
  }

  async begin(view: View): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.#send(`${domain}.enable`);
    await this.view(view);
  }

  async view({ width, height, dark = false, phone = false }: View): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: phone });
    await this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
  }

  async go(url: string): Promise<void> {
    await this.#send('Page.navigate', { url });
    await this.until('document.readyState === "complete" && location.href !== "about:blank"');
  }

  /** The value of an expression of the page. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true }) as Evaluated;
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value as T;
  }

  /** Waits until the expression is true in the page. */
  async until(expression: string, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!await this.value<boolean>(`Boolean(${expression})`).catch(() => false)) {
      if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for the page to have ${expression}; it shows:\n${(await this.text()).slice(0, 2000)}\n${this.complaints.join('\n')}`);
      await delay(LOOK_MS);
    }
  }

  /** Text that a person sees. */
  async text(selector = 'body'): Promise<string> { return this.value<string>(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`); }

  async seen(text: string, selector = 'body', timeoutMs?: number): Promise<void> {
    await this.until(`(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '').includes(${JSON.stringify(text)})`, timeoutMs);
  }

  /** A key as a person presses it; a text is typed. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const text = key.length === 1 ? key : { Enter: '\r' }[key];
      await this.#send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', key, code: key, ...(text !== undefined && { text }), windowsVirtualKeyCode: { Enter: 13, Tab: 9, Escape: 27, ArrowDown: 40, ArrowUp: 38, ArrowLeft: 37, ArrowRight: 39, Home: 36, End: 35 }[key] ?? key.toUpperCase().charCodeAt(0) });
      await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key });
    }
  }

  async type(text: string): Promise<void> { await this.#send('Input.insertText', { text }); }

  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)})`);
    const { x, y } = await this.value<{ x: number; y: number }>(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'nearest' }); const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`);
    for (const type of ['mousePressed', 'mouseReleased']) await this.#send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
  }

  async point(x: number, y: number): Promise<void> { await this.#send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y }); }

  async screenshot(path: string): Promise<void> {
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png' }) as { data: string };
    writeFileSync(path, Buffer.from(data, 'base64'));
  }

  /** Nothing to scroll sideways to. */
  async fits(): Promise<void> {
    const [wide, width] = await this.value<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
    assert.ok(wide <= width, `the page is ${wide} px wide on a screen of ${width}: ${await this.value<string>('[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((e) => e.tagName + "." + e.className).join(", ")')}`);
  }

  /** Text against its ground: 4.5 to 1 at least (WCAG AA). */
  async legible(): Promise<void> {
    const faint = await this.value<readonly string[]>(`(${FAINT})()`);
    assert.deepEqual(faint, [], 'text that is hard to read');
  }
}

/** Runs in the page: the texts whose contrast is too low, with it. */
const FAINT = `() => {
  const channels = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => { const [x, y, z] = [r, g, b].map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const groundOf = (element) => { for (let e = element; e !== null; e = e.parentElement) { const c = channels(getComputedStyle(e).backgroundColor); if (c.a > 0.5) return c; } return { r: 255, g: 255, b: 255, a: 1 }; };
  const found = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '') || element.getClientRects().length === 0) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(groundOf(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(element.tagName + '.' + element.className + ' ' + contrast.toFixed(2) + ': ' + element.textContent.slice(0, 40));
  }
  return found;
}`;
