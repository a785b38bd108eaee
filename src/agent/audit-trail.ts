import { AuditJournal } from '../checkpoint/audit-journal.ts';
import type { Report } from '../report/report.ts';
import type { Trail } from './trail.ts';

/** The trail, kept on disk until it is disposed. */
export interface KeptTrail extends Disposable {
  /** What was told reaches the journal's file. */
  write(): void;
}

export function keepTrail(trail: Trail, stateDirectory: string, report: Pick<Report, 'trouble' | 'recovered'>): KeptTrail {
  const journal = new AuditJournal(stateDirectory, {
    auditTrouble: (message) => report.trouble('audit', message),
    auditRecovered: (message) => report.recovered('audit', message),
  });
  const listening = trail.listen((file, range) => { journal.append(file, range); });
  const write = (): void => {
    trail.tellAll();
    journal.write();
  };
  return { write, [Symbol.dispose]: () => { write(); listening[Symbol.dispose](); } };
}
