import { HostProgram } from './host-program.ts';
import { Troubles } from './troubles.ts';
import type { SamplerPlan } from '../../metrics-plan.ts';
import type { FieldKind, Reading, Sampler, SamplerReport } from '../sampler.ts';

/** The second where /usr is not merged. */
const PROGRAMS = ['/usr/bin/systemctl', '/bin/systemctl'] as const;
const PATIENCE_MS = 5_000;
const PROPERTIES = 'Id,LoadState,ActiveState,SubState,NRestarts';
/** Units published: each is a set of metrics. A host has some hundreds in all. */
const MAX_UNITS = 2_000;

/** `restarts`: those systemd made itself (Restart=), since the sample before. */
const FIELDS: Readonly<Record<string, FieldKind>> = { active: { unit: 'Count' }, failed: { unit: 'Count' }, restarts: { unit: 'Count', delta: true } };

export interface SystemdUnitsOptions {
  readonly report: SamplerReport;
  /** Another program, in tests. */
  readonly program?: string;
}

type SystemdUnitsPlan = Extract<SamplerPlan, { readonly kind: 'systemd_units' }>;

/**
 * Whether units of systemd are active or failed (1 or 0), and how often they were restarted; dimension `unit`. States are known over D-Bus
 * alone: one `systemctl show` a sample for all globs. A unit named in full that systemd does not know is 0 in both, and a trouble.
 */
export function createSystemdUnitsSampler(plan: SystemdUnitsPlan, { report, program }: SystemdUnitsOptions): Sampler {
  const systemctl = new HostProgram({ paths: program === undefined ? PROGRAMS : [program], patienceMs: PATIENCE_MS, remedy: 'this host has no systemd; take the section systemd_units out of the config' });
  const troubles = new Troubles(report);
  return {
    fields: FIELDS,
    async sample() {
      if (plan.units.length === 0) return [];
      const units = parseUnits(await systemctl.run(['show', '--all', '--no-pager', `--property=${PROPERTIES}`, '--', ...plan.units]));
      const bound = `${plan.pointer} units`;
      if (units.length > MAX_UNITS) troubles.begin(bound, `${plan.pointer}: ${MAX_UNITS} units are read of the ${units.length} that match; choose fewer`);
      else troubles.end(bound, `${plan.pointer}: all units that match are read`);
      for (const { id, known } of units) {
        if (known) troubles.end(id, `systemd knows the unit ${id} now`);
        else troubles.begin(id, `${plan.pointer}: systemd knows no unit ${id}: its metrics are 0; look at the name with: systemctl list-unit-files`);
      }
      return units.slice(0, MAX_UNITS).map(({ id, values }): Reading => ({ dimensions: [['unit', id]], values }));
    },
    [Symbol.dispose]() { systemctl[Symbol.dispose](); },
  };
}

interface Unit { readonly id: string; readonly known: boolean; readonly values: Readonly<Record<string, number>> }

/** The units in what `systemctl show` printed: properties a line, a blank line between two units. Pure. Each unit once, though several globs match it. */
export function parseUnits(text: string): readonly Unit[] {
  const units = new Map<string, Unit>();
  for (const block of text.split(/\n{2,}/)) {
    const properties = new Map([...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]));
    const id = properties.get('Id') ?? '';
    const state = properties.get('ActiveState') ?? '';
    if (id === '' || state === '' || units.has(id)) continue;
    const restarts = properties.get('NRestarts') ?? '';
    units.set(id, {
      id,
      known: properties.get('LoadState') !== 'not-found',
      values: {
        // A service that is being reloaded serves on.
        active: ['active', 'reloading', 'refreshing'].includes(state) ? 1 : 0,
        failed: state === 'failed' ? 1 : 0,
        ...(/^\d+$/.test(restarts) ? { restarts: Number(restarts) } : {}),
      },
    });
  }
  return [...units.values()];
}
