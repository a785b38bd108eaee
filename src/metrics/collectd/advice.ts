import type { CollectdPlan } from '../../metrics-plan.ts';
import type { RefusalReason } from './refusals.ts';

/** Why packets or values are refused, in plain words, and what to do. */
export function adviceOf({ pointer, authFile, typesDb, security }: Pick<CollectdPlan, 'pointer' | 'authFile' | 'typesDb' | 'security'>): Readonly<Record<RefusalReason, string>> {
  const types = typesDb.join(', ') || 'no file';
  const level = `${pointer}/collectd_security_level is "${security}"`;
  return {
    malformed: 'they are no packets of collectd\'s binary protocol, or were damaged on the way; see what sends them',
    'unknown-user': `${authFile} has no password of that user; add a line "user: password" there, it is read again by itself`,
    'wrong-signature': `the password in ${authFile} is not the one they were signed with, or they were changed on the way; compare it with Password in the network plugin of the sender`,
    'wrong-password': `the password in ${authFile} is not the one they were encrypted with, or they were changed on the way; compare it with Password in the network plugin of the sender`,
    'not-signed': `${level} and they are neither signed nor encrypted; set SecurityLevel, Username and Password in the network plugin of the sender, or the level to "none"`,
    'not-encrypted': `${level} and they are not encrypted; set SecurityLevel "Encrypt", Username and Password in the network plugin of the sender, or a lower level here`,
    'signed-on-stream': `signatures can be checked only over UDP, ${level}; encrypt them, or send them by UDP`,
    'unknown-type': `their type is in none of ${pointer}/collectd_typesdb (${types}), so their values have no names; name the types.db of the sender there`,
    'other-values': `their number is not the one that ${types} has for the type; name the types.db of the sender in ${pointer}/collectd_typesdb`,
    'wrong-time': 'they are more than two weeks old or more than two hours ahead, which CloudWatch does not take; set the clock of the sender',
    'out-of-range': 'they are infinite, or farther from zero than 2^360, which CloudWatch does not take; see the plugin that measures them',
    'no-room': `as many series are held as may be; let fewer be sent, or set ${pointer}/metrics_aggregation_interval lower`,
    'kernel-dropped': 'they came faster than they could be read and the receive buffer of the kernel was full; raise net.core.rmem_max, or let fewer be sent',
    'too-many-connections': 'as many are open as may be; let senders share one, or send by UDP',
  };
}
