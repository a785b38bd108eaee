// What a random schedule is made of.
import * as fc from 'fast-check';
import { CHANGES } from './entry-versions.ts';
import type { Change } from './entry-versions.ts';

export type ServiceState = 'well' | 'down' | 'slow' | 'throttling' | 'dropping answers';

export type Step =
  | { readonly do: 'append'; readonly lines: number }
  /** Rename and create; `late` lines go into the renamed file before its writer reopens. */
  | { readonly do: 'rotate'; readonly late: number }
  /** Compresses the rotated files, the youngest one too if not `delayed`. */
  | { readonly do: 'compress'; readonly delayed: boolean }
  | { readonly do: 'copytruncate' }
  | { readonly do: 'truncate' }
  /** Unlink and create. */
  | { readonly do: 'delete' }
  | { readonly do: 'stop' } | { readonly do: 'crash' } | { readonly do: 'start' }
  | { readonly do: 'service'; readonly is: ServiceState }
  /** Another version of the config; `awaited`: the schedule goes on when it runs. */
  | { readonly do: 'reload'; readonly change: Change; readonly awaited: boolean }
  | { readonly do: 'wait'; readonly until: 'arrived' | number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), lines: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 400 })) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rotate' as const), late: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compress' as const), delayed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'copytruncate' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'truncate' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'delete' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'start' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('service' as const), is: fc.constantFrom<ServiceState>('well', 'down', 'slow', 'throttling', 'dropping answers') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reload' as const), change: fc.constantFrom(...CHANGES), awaited: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), until: fc.oneof(fc.constant('arrived' as const), fc.integer({ min: 0, max: 300 })) }) },
);

export const schedules: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 3, maxLength: 25 });

/** A schedule in one line, to be read and run again. */
export function scheduleText(steps: readonly Step[]): string {
  return steps.map((one) => {
    switch (one.do) {
      case 'append': return `append ${one.lines}`;
      case 'rotate': return one.late > 0 ? `rotate, late ${one.late}` : 'rotate';
      case 'compress': return one.delayed ? 'compress, delayed' : 'compress';
      case 'service': return `service ${one.is}`;
      case 'reload': return `reload ${one.change}${one.awaited ? ', awaited' : ''}`;
      case 'wait': return one.until === 'arrived' ? 'wait until all arrived' : `wait ${one.until} ms`;
      default: return one.do;
    }
  }).join(' · ');
}
