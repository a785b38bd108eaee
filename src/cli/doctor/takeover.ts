// Whether what `agent takeover` has put in place still stands: packages and programs that manage configs put their own there again.
import { replacedStandIns } from '../compat/install.ts';
import { THEIR_UNIT } from '../compat/stand-ins.ts';
import { CtlError } from '../ctl/host.ts';
import { isThere } from '../ctl/installed-configs.ts';
import type { Places } from '../ctl/places.ts';
import { recordFile, reservationFile } from '../takeover/host.ts';
import { ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Nothing where nothing was taken over. */
export async function takeoverFindings(places: Places): Promise<readonly Finding[]> {
  if (!(await isThere(recordFile(places)))) return [];
  const reservation = reservationFile(places);
  let replaced: readonly string[];
  try {
    replaced = await replacedStandIns(places);
  } catch (error) {
    if (!(error instanceof CtlError)) throw error;
    return [warning('takeover', error.message, 'agent takeover --back && agent takeover')];
  }
  const findings = [
    ...(await isThere(reservation) ? [] : [warning('takeover', `${reservation} is gone, which keeps ${THEIR_UNIT} from starting: at the next start of the system, or upgrade of its package, both agents may send the same`, 'agent takeover --back && agent takeover')]),
    ...(replaced.length === 0 ? [] : [warning('takeover', `${replaced.join(', ')}: the CloudWatch agent's own again, as after an upgrade of its package; what calls it controls a service that does not start`, 'agent compat install')]),
  ];
  return findings.length > 0 ? findings : [ok('takeover', `this agent has the place of ${THEIR_UNIT}, which does not start`)];
}
