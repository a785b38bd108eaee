import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseStatistics } from '../../../../src/metrics/samplers/ethtool.ts';
import { parseGpus } from '../../../../src/metrics/samplers/nvidia-gpu.ts';
import { parseUnits } from '../../../../src/metrics/samplers/systemd-units.ts';
import { xmlTexts } from '../../../../src/metrics/samplers/xml-texts.ts';
import { assertQuick } from '../../../support/quick.ts';

function timeOf(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/);

describe('the answer of ethtool', () => {
  it('statistics that were written are read back, with colons in their names, all or those that are wanted', () => {
    const statistic = fc.tuple(fc.stringMatching(/^[a-z[][a-z0-9_\]: ]{0,20}[a-z0-9]$/), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    fc.assert(fc.property(fc.uniqueArray(statistic, { selector: ([name]) => name }), (statistics) => {
      const text = `NIC statistics:\n${statistics.map(([name, value]) => `     ${name}: ${value}\n`).join('')}`;
      assert.deepEqual(Object.entries(parseStatistics(text, null)), statistics.map(([name, value]) => [name, Number(value)]));
      assert.deepEqual(Object.keys(parseStatistics(text, new Set(statistics.slice(0, 2).map(([name]) => name)))), statistics.slice(0, 2).map(([name]) => name));
    }));
    fc.assert(fc.property(fc.string(), (text) => { parseStatistics(text, null); }));
  });
});

describe('the answer of systemctl', () => {
  it('units that were written are read back, each once', () => {
    const unit = fc.record({ id: word, active: fc.constantFrom('active', 'reloading', 'inactive', 'failed', 'activating', 'deactivating'), restarts: fc.option(fc.nat()), known: fc.boolean() });
    fc.assert(fc.property(fc.uniqueArray(unit, { selector: ({ id }) => id }), (units) => {
      const block = ({ id, active, restarts, known }: (typeof units)[number]): string => `${restarts === null ? '' : `NRestarts=${restarts}\n`}Id=${id}\nLoadState=${known ? 'loaded' : 'not-found'}\nActiveState=${active}\nSubState=running\n`;
      assert.deepEqual(parseUnits([...units, ...units].map(block).join('\n')), units.map(({ id, active, restarts, known }) => ({
        id, known, values: { active: active === 'active' || active === 'reloading' ? 1 : 0, failed: active === 'failed' ? 1 : 0, ...(restarts === null ? {} : { restarts }) },
      })));
    }));
    fc.assert(fc.property(fc.string(), (text) => { parseUnits(text); }));
  });
});

describe('the answer of nvidia-smi', () => {
  it('texts of XML that was written are read back', () => {
    const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
    fc.assert(fc.property(fc.array(fc.tuple(word, word, fc.string().map((text) => text.trim()))), (leaves) => {
      const document = `<?xml version="1.0" ?>\n<!DOCTYPE log SYSTEM "x.dtd">\n<!-- <a>no</a> -->\n<log>\n${leaves.map(([outer, inner, text]) => `<${outer} id="a>b"><none/><${inner}>\n  ${escaped(text)}\n</${inner}></${outer}>`).join('\n')}</log>`;
      assert.deepEqual([...xmlTexts(document, 'log')], [{ path: 'log', text: '' }, ...leaves.flatMap(([outer, inner, text]) => [{ path: `log/${outer}/none`, text: '' }, { path: `log/${outer}/${inner}`, text }])]);
    }));
  });

  it('anything else is passed over without an error, in time that grows with its length', () => {
    const piece = fc.constantFrom('<nvidia_smi_log>', '<gpu id="1">', '</gpu>', '<utilization>', '<gpu_util>', '7 %', '</', '<', '>', '"', '<!--', '-->', '<![CDATA[', ']]>', '/>', '&amp;', '</gpu_util>', '</utilization>');
    fc.assert(fc.property(fc.array(piece), (pieces) => { parseGpus(pieces.join('')); }));
    for (const text of ['<a ', '<a', '<a "', '</', '<gpu>', '<a/', '<a/ ']) assertQuick(timeOf(() => { parseGpus(text.repeat(20_000)); }), 1_000, text);
    assertQuick(timeOf(() => { parseGpus(`<${'a'.repeat(100_000)}${' "'.repeat(50_000)}`); }), 1_000, 'a tag that does not end');
  });

  it('fields of GPUs are read where old and new drivers have them, and N/A is no value', () => {
    const gpu = (inside: string): string => `<nvidia_smi_log><driver_version>1</driver_version><gpu id="0"><product_name>Tesla T4</product_name>${inside}</gpu></nvidia_smi_log>`;
    assert.deepEqual(parseGpus(gpu('<power_readings><power_draw>25.5 W</power_draw></power_readings><fan_speed>N/A</fan_speed>')), [{ dimensions: [['index', '0'], ['name', 'Tesla T4']], values: { power_draw: 25.5 } }]);
    assert.deepEqual(parseGpus(gpu('<gpu_power_readings><power_draw>N/A</power_draw><instant_power_draw>9 W</instant_power_draw></gpu_power_readings>'))[0]!.values, { power_draw: 9 });
  });
});
