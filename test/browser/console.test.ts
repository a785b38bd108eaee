import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPage } from '../../scripts/pages.ts';
import { DAEMON_PROGRAM } from '../../src/cli/program-file.ts';
import { Browser, DESKTOP, PHONE } from '../support/browser.ts';
import type { Tab } from '../support/browser.ts';
import { startCommand } from '../support/built-commands.ts';
import type { Command } from '../support/built-commands.ts';

const SECTIONS = ['logs', 'tail', 'metrics', 'requests', 'faults', 'parameters'] as const;
const LOGS = 'Logs_20140328';
const METRICS = 'GraniteServiceVersion20100801';
/** Text that a page must not take for anything but text: HTML, an address, turned writing, what cannot be seen. */
const HOSTILE = '<img src=x onerror="document.title=\'owned\'"> <script>document.title="owned"</script> \u202Egnp.exe\u202C nul\u0000 esc\u001b[31m javascript:alert(1) ${7*7}';

let browser: Browser;
let endpoint: Command;

before(async () => {
  endpoint = await startCommand(['endpoint', '--port', '0', '--quiet']);
  browser = await Browser.start();
});
after(async () => {
  await browser[Symbol.asyncDispose]();
  await endpoint.stop();
});

async function call(target: string, body: object): Promise<Response> {
  return fetch(endpoint.line, { method: 'POST', headers: { 'x-amz-target': target }, body: JSON.stringify(body) });
}

async function put(group: string, stream: string, messages: readonly string[]): Promise<void> {
  await call(`${LOGS}.CreateLogGroup`, { logGroupName: group });
  await call(`${LOGS}.CreateLogStream`, { logGroupName: group, logStreamName: stream });
  const answer = await call(`${LOGS}.PutLogEvents`, { logGroupName: group, logStreamName: stream, logEvents: messages.map((message, i) => ({ timestamp: Date.now() - messages.length + i, message })) });
  assert.equal(answer.status, 200, await answer.text());
}

const page = (section: string): string => `${endpoint.line}/#/${section}`;
const clean = (tab: Tab): void => { assert.deepEqual(tab.complaints, [], 'nothing in the console of the browser'); };

test('a page is one file of at most 60,000 bytes that names nothing elsewhere, and the daemon has none of it', async () => {
  for (const name of ['console', 'agent'] as const) {
    const html = await buildPage(name);
    assert.ok(Buffer.byteLength(html) <= 60_000, `${name}: ${Buffer.byteLength(html)} bytes`);
    assert.deepEqual(html.match(/(?:https?:)?\/\/[\w.]+|url\(|@import|innerHTML/g)?.filter((text) => text !== 'http://www.w3.org') ?? [], []);
    assert.ok(!readFileSync(join(import.meta.dirname, '../../dist', DAEMON_PROGRAM), 'latin1').includes(html.slice(-300, -100)));
  }
});

test('each section without anything yet says what to do next, and none of them complains', async () => {
  await using tab = await browser.open(page('logs'));
  for (const [key, text] of [['1', 'No log group yet'], ['2', 'Waiting for events'], ['3', 'No metric yet'], ['4', 'No request yet'], ['5', 'No fault is on'], ['6', 'No parameter yet']] as const) {
    await tab.press(key);
    await tab.seen(text);
  }
  clean(tab);
});

test('groups, streams and events are found with the keyboard alone, a filter pattern searches, and a wrong one is explained', async () => {
  await put('/web/nginx', 'host-1', Array.from({ length: 400 }, (_, i) => (i % 100 === 7 ? `ERROR number ${i}` : `GET /orders/${i}`)));
  await put('/app', 'host-1', ['one']);
  await using tab = await browser.open(page('logs'));
  await tab.seen('/web/nginx');
  await tab.press('/');
  await tab.type('nginx');
  await tab.until('document.querySelectorAll("tbody tr").length === 1');
  await tab.press('Enter', 'Enter');
  await tab.until('document.querySelectorAll(".event").length === 300');
  assert.match(await tab.text('.event'), /GET \/orders\/399/);
  await tab.press('o');
  await tab.until('document.querySelectorAll(".event").length === 400');
  await tab.seen('these are all');
  await tab.press('/');
  await tab.type('ERROR -number7');
  await tab.press('Enter');
  await tab.until('document.querySelectorAll(".event").length === 4');
  assert.match(await tab.text('.event'), /ERROR number 307/);
  await tab.value('document.activeElement.blur()');
  await tab.press('j', 'Enter');
  await tab.seen('/web/nginx · host-1');
  await tab.press('/');
  await tab.type('{ $.x = ');
  await tab.press('Enter');
  await tab.until('document.querySelector("[role=alert]:not([hidden])")');
  assert.match(await tab.text('[role=alert]'), /pattern/i);
  assert.deepEqual(tab.complaints.filter((text) => !text.includes('400')), [], 'the refusal itself is all the console shows');
});

test('what a log says is text and nothing else: HTML, turned writing, NUL, a line of 256 kB', async () => {
  await put('/hostile', '<b>stream</b>\u202E', [HOSTILE, `long ${'x'.repeat(256 * 1024 - 100)} end`]);
  await call('AmazonSSM.PutParameter', { Name: '/hostile', Type: 'String', Value: HOSTILE });
  await using tab = await browser.open(page('logs'));
  await tab.seen('/hostile');
  await tab.value('location.hash = "#/logs?group=%2Fhostile"');
  await tab.seen('<b>stream</b>U+202E', '.streams');
  await tab.until('document.querySelectorAll(".event").length === 2');
  const shown = await tab.text('.event:last-child');
  assert.ok(shown.includes('<img src=x onerror="document.title=\'owned\'"> <script>'), shown);
  assert.ok(shown.includes('U+202E') && shown.includes('NUL') && shown.includes('ESC') && !shown.includes('\u202E'), shown);
  await tab.press('j', 'Enter');
  await tab.seen('Show more');
  for (let i = 0; i < 2; i++) await tab.click('.more button');
  await tab.until('document.querySelector(".event pre").textContent.endsWith(" end")');
  await tab.fits();
  await tab.press('6');
  await tab.seen('/hostile');
  await tab.press('j', 'Enter');
  await tab.seen('<script>document.title="owned"</script>');
  assert.deepEqual(await tab.value('[document.title, document.images.length, document.scripts.length]'), ['local endpoint', 0, 1]);
  clean(tab);
});

test('the live tail shows what arrives at some hundred lines a second, of the groups and the pattern that are chosen, and stays put when one looks back', async () => {
  await put('/tail/a', 's', ['before']);
  await put('/tail/b', 's', ['before']);
  await using tab = await browser.open(page(`tail?group=${encodeURIComponent('/tail/a')}&pattern=%22keep%20me%22`));
  await tab.seen('Waiting for events');
  await tab.seen('live', '.state');
  let written = 0;
  const write = async (): Promise<void> => {
    const lines = Array.from({ length: 60 }, () => `keep me ${written++}`);
    await Promise.all([put('/tail/a', 's', [...lines, 'drop it']), put('/tail/b', 's', ['keep me out'])]);
  };
  const pace = setInterval(() => { void write(); }, 150);
  try {
    await tab.until('document.querySelectorAll(".event").length >= 300');
    assert.equal(await tab.value('[...document.querySelectorAll(".event")].every((row) => row.textContent.includes("keep me ")) && !document.body.textContent.includes("keep me out")'), true);
    assert.equal(await tab.value('(() => { const s = document.querySelector(".tail"); return s.scrollHeight - s.scrollTop - s.clientHeight < 40; })()'), true, 'it follows the newest');
    await tab.value('document.querySelector(".tail").scrollTop = 0');
    await tab.until('!document.querySelector(".jump").hidden');
    const rows = await tab.value<number>('document.querySelectorAll(".event").length');
    const first = await tab.text('.event');
    await tab.until('parseInt(document.querySelector(".jump").textContent.replace(",", "")) > 100');
    assert.deepEqual([await tab.value('document.querySelectorAll(".event").length'), await tab.text('.event'), await tab.value('document.querySelector(".tail").scrollTop')], [rows, first, 0]);
    await tab.press('p');
    await tab.until('document.querySelector("[aria-pressed=true]")?.textContent === "Go on"');
    await tab.press('p');
    await tab.until('document.querySelector(".jump").hidden');
  } finally {
    clearInterval(pace);
  }
  await tab.value('[...document.querySelectorAll("button")].find((button) => button.textContent === "Clear").focus()');
  await tab.press(' ');
  await tab.until('document.querySelectorAll(".event").length === 0');
  assert.equal(await tab.value('document.querySelector("[aria-pressed=true]")'), null, 'space presses what has the focus');
  clean(tab);
});

test('a metric is a chart with axes, whose values the pointer and the arrow keys read, by statistic and period', async () => {
  const now = Math.floor(Date.now() / 1000);
  await call(`${METRICS}.PutMetricData`, { Namespace: 'Shop', MetricData: ['a', 'b'].flatMap((host) => Array.from({ length: 20 }, (_, i) => ({ MetricName: 'orders', Dimensions: [{ Name: 'host', Value: host }], Timestamp: now - 200 + i * 10, Value: host === 'a' ? i : 100 + i, Unit: 'Count' }))) });
  await using tab = await browser.open(page('metrics'));
  await tab.seen('orders');
  await tab.seen('host=a', '.legend');
  assert.equal(await tab.value('document.querySelectorAll(".chart path").length'), 2);
  assert.ok(await tab.value<number>('[...document.querySelectorAll(".chart text")].filter((t) => /^[\\d,.]+$/.test(t.textContent)).length') >= 4, 'values on the axis');
  await tab.value('document.querySelector(".chartbox").focus()');
  await tab.press('End');
  await tab.seen('host=a 19, host=b 119', '.readout');
  await tab.press('ArrowLeft');
  await tab.seen('host=a 18, host=b 118', '.readout');
  await tab.value('document.querySelector(".chartbox").blur()');
  const { x, y, width } = await tab.value<{ x: number; y: number; width: number }>('document.querySelector(".chart").getBoundingClientRect().toJSON()');
  await tab.point(x + width - 12, y + 60);
  await tab.seen('host=a 19, host=b 119', '.readout');
  await tab.value('(() => { const s = document.querySelector("[aria-label=Statistic]"); s.value = "Sum"; s.dispatchEvent(new Event("change")); const p = document.querySelector("[aria-label=Period]"); p.value = "3600"; p.dispatchEvent(new Event("change")); })()');
  await tab.until('[...document.querySelectorAll(".legend td:last-child")].reduce((sum, cell) => sum + Number(cell.textContent), 0) === 40');
  clean(tab);
});

test('a fault is switched on and off in the page, hits the calls, and is seen at the requests it hit', async () => {
  await using tab = await browser.open(page('faults'));
  await tab.seen('No fault is on');
  await tab.press('n');
  await tab.until('document.activeElement.name === "kind"');
  await tab.value('(() => { const s = document.activeElement; s.value = "error"; s.dispatchEvent(new Event("change")); document.querySelector("#fault-status").value = "503"; document.querySelector("#fault-operation").value = "DescribeLogGroups"; document.querySelector("form").requestSubmit(); })()');
  await tab.seen('hit 0 of 0');
  assert.equal((await call(`${LOGS}.DescribeLogGroups`, {})).status, 503);
  await tab.seen('hit 1 of 1');
  await tab.press('Escape', '4');
  await tab.seen('DescribeLogGroups', '.counts');
  await tab.press('/');
  await tab.type('describeloggroups 503');
  await tab.until('document.querySelectorAll("tbody tr").length === 1');
  assert.match(await tab.text('tbody tr'), /503 ServiceUnavailableException[^]*error/);
  await tab.press('Escape', 'Escape', '5', 'j');
  await tab.click('.faults button');
  await tab.seen('No fault is on');
  assert.equal((await call(`${LOGS}.DescribeLogGroups`, {})).status, 200);
  clean(tab);
});

test('the page asks beside the AWS calls: a fault on all of them does not hit it, and it fills no list', async () => {
  await fetch(`${endpoint.line}/_requests`, { method: 'DELETE' });
  await fetch(`${endpoint.line}/_faults`, { method: 'POST', body: '{"kind":"access-denied"}' });
  try {
    await using tab = await browser.open(page('logs'));
    await tab.seen('/web/nginx');
    await tab.press('3');
    await tab.seen('orders');
    await tab.press('4');
    await tab.seen('No request yet');
    clean(tab);
  } finally {
    await fetch(`${endpoint.line}/_faults`, { method: 'DELETE' });
  }
});

for (const [name, view] of [['a phone, light', PHONE], ['a desktop, dark', { ...DESKTOP, dark: true }]] as const) {
  test(`on ${name}: every section fits, and its text is told from its ground`, async () => {
    await using tab = await browser.open(page('logs'), view);
    for (const section of [...SECTIONS, `logs?group=${encodeURIComponent('/web/nginx')}`]) {
      await tab.value(`location.hash = ${JSON.stringify(`#/${section}`)}`);
      await tab.until(`document.querySelector("main").childElementCount > 0 && document.querySelector("header nav [aria-current]")?.hash === ${JSON.stringify(`#/${section.split('?')[0]!}`)}`);
      await tab.until('document.querySelector("main").innerText.length > 10');
      await tab.fits();
      await tab.legible();
    }
    clean(tab);
  });
}

test('the colours are those of the system until one chooses, and what is chosen is remembered', async () => {
  await using tab = await browser.open(page('logs'), { ...DESKTOP, dark: true });
  const ground = (): Promise<string> => tab.value('getComputedStyle(document.body).backgroundColor');
  const dark = await ground();
  await tab.view(DESKTOP);
  const light = await ground();
  assert.notEqual(dark, light);
  await tab.press('t');
  assert.equal(await ground(), dark);
  await tab.value('window.before = true');
  await tab.value('location.reload()');
  await tab.until(`window.before === undefined && document.readyState === "complete" && document.documentElement.dataset.theme === "dark"`);
  assert.equal(await ground(), dark);
  await tab.press('t');
  assert.equal(await ground(), light);
  clean(tab);
});

test('? lists the keys and Escape closes them', async () => {
  await using tab = await browser.open(page('tail'));
  await tab.until('document.querySelector("main").childElementCount > 0');
  await tab.press('?');
  await tab.seen('pause, go on', 'dialog');
  await tab.press('Escape');
  await tab.until('!document.querySelector("dialog").open');
  clean(tab);
});
