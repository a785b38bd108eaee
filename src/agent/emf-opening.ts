import { openZone } from '../records/timestamp.ts';
import { Zone } from '../records/zone.ts';
import type { Report } from '../report/report.ts';
import { EmfInput } from './emf-input.ts';
import { EmfIntake } from './emf-intake.ts';
import type { Spool } from './spool/spool.ts';

export interface EmfOpening {
  readonly spool: Spool;
  readonly report: Report;
  /** Name of the host's time zone. */
  readonly localZone: string;
}

/** What listens for EMF events and puts them into the spool; it listens nowhere yet. */
export function openEmf({ spool, report, localZone }: EmfOpening): EmfInput {
  const zone = openZone('Local', localZone, new Map());
  return new EmfInput({ intake: new EmfIntake({ spool, report, zone: 'problem' in zone ? Zone.open('UTC')! : zone, wallNow: Date.now }), report });
}
