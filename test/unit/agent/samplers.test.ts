import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Samplers, hostFolders } from '../../../src/agent/samplers.ts';
import { MEASUREMENTS } from '../../../src/config/metric-names.ts';
import type { SamplerPlan } from '../../../src/metrics-plan.ts';
import { NOTHING_ATTACHED } from '../../support/sampling.ts';

const EACH = { pointer: '', intervalMs: 60_000, resolution: 60, append: [], measurements: [] } as const;
/** The parts of the standard set whose fields are the same whatever is asked for. */
const PLANS: readonly Exclude<SamplerPlan, { readonly kind: 'agent' }>[] = [
  { ...EACH, kind: 'cpu', total: true, cores: true }, { ...EACH, kind: 'mem' }, { ...EACH, kind: 'swap' },
  { ...EACH, kind: 'disk', mountPoints: null, ignoredTypes: [], dropDevice: false, volumeId: false }, { ...EACH, kind: 'diskio', devices: null }, { ...EACH, kind: 'nvme', devices: null }, { ...EACH, kind: 'net', interfaces: null },
];

/** Of diskio the volumes count some themselves. */
function measurable(kind: SamplerPlan['kind']): readonly string[] {
  const ofVolume = (name: string): boolean => /^(?:ebs|instance_store)_/.test(name);
  if (kind === 'nvme') return MEASUREMENTS['diskio']!.filter(ofVolume);
  return MEASUREMENTS[kind]!.filter((name) => !ofVolume(name));
}

test('what a config may measure of cpu, mem, swap, disk, diskio and net is what its sampler gives', () => {
  const samplers = new Samplers({ report: { trouble: () => {}, recovered: () => {} }, attached: NOTHING_ATTACHED, ...hostFolders({}) });
  for (const plan of PLANS) {
    using sampler = samplers.create(plan);
    // The CloudWatch agent collects swap_total and does not let it be chosen.
    const given = Object.keys(sampler.fields).filter((field) => !(plan.kind === 'swap' && field === 'total'));
    assert.deepEqual(given.toSorted(), measurable(plan.kind).toSorted(), plan.kind);
  }
});

test('folders of the host are the usual ones unless the environment names others; an empty name is none', () => {
  assert.deepEqual(hostFolders({ HOST_PROC: '' }), { folders: { proc: '/proc', sys: '/sys' }, deviceFolders: { dev: '/dev', run: '/run' }, mountPrefix: '' });
  assert.deepEqual(hostFolders({ HOST_PROC: '/h/proc', HOST_SYS: '/h/sys', HOST_DEV: '/h/dev', HOST_RUN: '/h/run', HOST_MOUNT_PREFIX: '/h' }), { folders: { proc: '/h/proc', sys: '/h/sys' }, deviceFolders: { dev: '/h/dev', run: '/h/run' }, mountPrefix: '/h' });
});
