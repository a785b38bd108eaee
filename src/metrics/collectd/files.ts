import type { CollectdPlan } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import { parseAuthFile } from './auth-file.ts';
import type { AuthFile } from './auth-file.ts';
import { RereadFile } from './reread-file.ts';
import { parseTypesDb } from './types-db.ts';
import type { TypesDb } from './types-db.ts';

type Said = Pick<Report, 'trouble' | 'recovered'>;

/** The users and their passwords. Who asks for no proof needs no users. */
export function authFileOf({ pointer, authFile, security }: Pick<CollectdPlan, 'pointer' | 'authFile' | 'security'>, report: Said): RereadFile<AuthFile> {
  return new RereadFile({
    path: authFile, parse: parseAuthFile, report, line: '"user: password"', mayLack: security === 'none',
    missing: `without it ${security === 'none' ? 'encrypted packets are refused' : 'all packets of collectd are refused'}: write it with a line "user: password" for each user, or name another file in ${pointer}/collectd_auth_file`,
  });
}

/** The names of values, a later file's before an earlier one's. */
export function typeFilesOf({ pointer, typesDb }: Pick<CollectdPlan, 'pointer' | 'typesDb'>, report: Said): readonly RereadFile<TypesDb>[] {
  return typesDb.map((path) => new RereadFile({
    path, parse: parseTypesDb, report, mayLack: false, line: 'a type and its values, "load  shortterm:GAUGE:0:100, midterm:GAUGE:0:100"',
    missing: `values of the types in it have no names and are not published: copy it from a host that has collectd (/usr/share/collectd/types.db), or name another file in ${pointer}/collectd_typesdb`,
  }));
}
