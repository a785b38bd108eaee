import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, DESKTOP, PHONE } from '../support/browser.ts';
import type { Tab, View } from '../support/browser.ts';
import { atEnd } from '../support/at-end.ts';
import type { Owner } from '../support/at-end.ts';
import { startCommand } from '../support/built-commands.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import type { ChildAgent } from '../support/child-agent.ts';
import { scratch } from '../support/state.ts';

let browser: Browser;
/** Of most tests: three entries, 301 files. */
let shared: Scene;
const ends: (() => Promise<void>)[] = [];
before(async () => {
  browser = await Browser.start();
  shared = await scene({ after: (end) => ends.push(end) }, 300);
});
after(async () => {
  for (const end of ends) await end();
  await browser[Symbol.asyncDispose]();
});

interface Scene { readonly folder: string; readonly agent: ChildAgent; readonly endpoint: string; readonly url: string; readonly open: (view?: View) => Promise<Tab> }

/** An agent with `tenants` files of one stream each beside a busy one, in front of an endpoint, and its page. */
async function scene(t: Owner, tenants: number): Promise<Scene> {
  const folder = await scratch(t);
  const endpoint = await startCommand(['endpoint', '--port', '0', '--quiet']);
  atEnd(t, () => endpoint.stop());
  for (const name of ['busy', 'tenants']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'busy/access.log'), 'begin\n');
  for (let i = 0; i < tenants; i++) writeFileSync(join(folder, 'tenants', `tenant-${String(i).padStart(3, '0')}.log`), `hello ${i}\n`);
  const agent = await startChild(t, { folder, config: childConfig(endpoint.line, [
    { file_path: join(folder, 'busy/*.log'), log_group_name: '/web/busy', log_stream_name: 'all' },
    { file_path: join(folder, 'tenants/*.log'), log_group_name: '/tenants', log_stream_name: '{file_name}', publish_multi_logs: true },
    { file_path: join(folder, 'nothing/*.log'), log_group_name: '/nothing' },
  ]) });
  const ui = await startCommand(['ui', '--state-dir', join(folder, 'state'), '--port', '0', '--quiet']);
  atEnd(t, () => ui.stop());
  return { folder, agent, endpoint: endpoint.line, url: ui.line, open: (view) => browser.open(ui.line, view) };
}

const clean = (tab: Tab): void => { assert.deepEqual(tab.complaints, [], 'nothing in the console of the browser'); };

test('the page shows files, entries and streams with rate and lag, and follows a writer of some hundred lines a second without a jump', async () => {
  const { folder, open } = shared;
  await using tab = await open();
  await tab.seen('No problems');
  await tab.seen('3 entries, 301 files');
  assert.equal(await tab.value('location.search'), '', 'the token does not stay in the address');
  let lines = 0;
  const pace = setInterval(() => { appendFileSync(join(folder, 'busy/access.log'), Array.from({ length: 30 }, () => `line ${lines++}\n`).join('')); }, 100);
  try {
    await tab.until('parseFloat(document.querySelector(".card strong").textContent.replace(",", "")) > 100');
    await tab.seen('delivering', '.flow');
    const flow = await tab.text('.flow');
    assert.match(flow, /busy\/access\.log[^]*B\/s[^]*\/web\/busy all[^]*events\/s/);
    await tab.value('window.kept = [document.querySelector(".file"), document.querySelector(".flow")]; window.moved = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.moved += e.value; }).observe({ type: "layout-shift" })');
    const before = await tab.text('.flow .numbers');
    await tab.until(`document.querySelector(".flow .numbers").innerText !== ${JSON.stringify(before)}`);
    assert.deepEqual(await tab.value('[window.kept[0] === document.querySelector(".file"), window.kept[1] === document.querySelector(".flow")]'), [true, true], 'what is the same stays the same element');
    assert.ok(await tab.value<number>('window.moved') < 0.02, 'nothing jumps');
  } finally {
    clearInterval(pace);
  }
  await tab.seen('no file matches now');
  clean(tab);
});

test('of hundreds of files a few are drawn; typing finds the others, the keys move and open', async () => {
  const { open } = shared;
  await using tab = await open();
  await tab.seen('more streams');
  assert.ok(await tab.value<number>('document.querySelectorAll(".file").length') < 50);
  await tab.click('.entry:nth-child(2) > .rest');
  await tab.until('document.querySelectorAll(".file").length > 100');
  await tab.value('document.activeElement.blur()');
  await tab.press('/');
  await tab.type('tenant-24');
  await tab.until('document.querySelectorAll(".file").length === 10');
  await tab.seen('10 of 301 files');
  await tab.press('Enter', 'ArrowDown', 'Enter');
  await tab.seen('a restart goes on there');
  assert.match(await tab.value('document.activeElement.textContent'), /tenant-241\.log/);
  await tab.press('/');
  await tab.type('nowhere');
  await tab.seen('Nothing matches');
  clean(tab);
});

test('what fails comes first, in words, and is read out; an agent that is gone is said with what to do, and its return is seen', async (t) => {
  const { folder, agent, endpoint, open } = await scene(t, 1);
  await using tab = await open();
  await tab.seen('No problems');
  await fetch(`${endpoint}/_faults`, { method: 'POST', body: JSON.stringify({ kind: 'access-denied', group: '/web/busy' }) });
  appendFileSync(join(folder, 'busy/access.log'), 'refused\n');
  await tab.seen('1 problem', '.problems');
  assert.match(await tab.text('.problems'), /\/web\/busy[^]*AccessDenied[^]*agent doctor/);
  assert.match(await tab.value('document.querySelector(".told").textContent'), /1 problem/);
  assert.equal(await tab.value('document.querySelector(".flow").dataset.state'), 'paused');
  await fetch(`${endpoint}/_faults`, { method: 'DELETE' });
  assert.equal(await agent.kill(), 'SIGKILL');
  await tab.seen('start it again with');
  assert.equal(await tab.text('.state'), 'no agent answers');
  await startChild(t, { folder, config: childConfig(endpoint, [{ file_path: join(folder, 'busy/*.log'), log_group_name: '/web/busy', log_stream_name: 'all' }]) });
  await tab.seen('No problems');
  await tab.seen('live', '.state');
  clean(tab);
});

for (const [name, view] of [['a phone, light', PHONE], ['a desktop, dark', { ...DESKTOP, dark: true }]] as const) {
  test(`on ${name}: the page fits, and its text is told from its ground`, async () => {
    const { folder, open } = shared;
    writeFileSync(join(folder, 'busy', `${'a-name-that-goes-on-'.repeat(12)}.log`), '<b>x</b>\n');
    await using tab = await open(view);
    await tab.seen('a-name-that-goes-on-');
    await tab.fits();
    await tab.legible();
    clean(tab);
  });
}

test('without its token the page opens for nobody, in no other browser and for no other site', async () => {
  const { url } = shared;
  await using tab = await browser.open(new URL('/', url).href);
  await tab.seen('this page opens with the whole URL');
  await using first = await browser.open(url);
  await first.seen('No problems');
  // Another page of the same browser, at another port: the cookie is not its, and what it asks is refused.
  const stranger = `fetch(${JSON.stringify(new URL('/facts', url).href)}, { credentials: "include" }).then((r) => "read " + r.status, () => "refused")`;
  await first.go(`data:text/html,<p>stranger</p>`);
  await first.until('document.body.innerText.includes("stranger")');
  assert.equal(await first.value(stranger), 'refused');
});
