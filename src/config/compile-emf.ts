import type { EmfPlan, ListenAddress, SpoolPlan } from '../metrics-plan.ts';
import { isPerFile } from '../naming/template.ts';
import type { NameTemplate, RedactRulePlan } from '../plan.ts';
import type { GroupSettings } from './compile-group.ts';
import { expanded } from './compile-service.ts';
import type { Logs } from './generated/document.generated.ts';
import { isObject } from './json-tree.ts';
import type { Environment } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

export const EMF = '/logs/metrics_collected/emf';
const ADDRESS = `${EMF}/service_address`;
/** The CloudWatch agent's port, group, and addresses where none is named. */
const PORT = 25_888;
const DEFAULT_GROUP = 'emf/logs/default';
const EVERYWHERE = '0.0.0.0';
const DEFAULT_ADDRESSES: readonly ListenAddress[] = [{ protocol: 'tcp', host: EVERYWHERE, port: PORT }, { protocol: 'udp', host: EVERYWHERE, port: PORT }];
/** Three days of an event of a kilobyte each second. */
const DEFAULT_SPOOL_BYTES = 268_435_456;
const EXPECTED = 'udp://127.0.0.1:25888, tcp://[::1]:25888, unix:///run/unified-agent/emf.sock or the like: protocol, address (none for all IPv4 addresses) and port, or the path of a socket';

/** The EMF listeners, or null where none are wanted, or where their address is wrong, which is reported. @param stream `log_stream_name` of logs */
export function compileEmf({ metrics_collected: metrics }: Logs, stream: NameTemplate, env: Environment, report: Reporter): EmfPlan | null {
  if (!isObject(metrics) || metrics.emf === undefined) return null;
  const { service_address: written } = Object(metrics.emf) as { readonly service_address?: unknown };
  // The schema has said so.
  if (written !== undefined && typeof written !== 'string') return null;
  const source = written === undefined ? null : expanded(written, env, ADDRESS, report);
  if (written !== undefined && source === null) return null;
  if (isPerFile(stream)) {
    report.error('/logs/log_stream_name', 'it names streams by files, and EMF events come from none', { expected: 'a name without {path…} while logs.metrics_collected.emf is there' });
    return null;
  }
  const addresses = source === null ? DEFAULT_ADDRESSES : addressesAt(source, report);
  if (addresses === null) return null;
  if (source === null) report.note(EMF, `listens on all IPv4 addresses of this host, TCP and UDP port ${PORT}, as the CloudWatch agent does; "service_address": "udp://127.0.0.1:${PORT}" or a unix socket keeps it to the host`);
  return { pointer: EMF, addresses, group: DEFAULT_GROUP, stream };
}

/** Where events without a file wait. @param redact of logs @param group of logs */
export function compileSpool(logs: Logs, redact: readonly RedactRulePlan[], group: GroupSettings): SpoolPlan {
  return { maxBytes: logs.max_spool_bytes ?? DEFAULT_SPOOL_BYTES, redact, ...group };
}

function addressesAt(source: string, report: Reporter): readonly ListenAddress[] | null {
  const [, scheme = '', rest = ''] = /^([^:]*):(?:\/\/)?(.*)$/.exec(source) ?? [];
  if (scheme === 'unix') {
    if (rest.startsWith('/') && !rest.endsWith('/') && !rest.includes('\0')) return [{ protocol: 'unix', path: rest }];
    return wrong(source, report);
  }
  const [, host = '', digits = ''] = /^(\[[\da-fA-F:.]+\]|[^:[\]/\s]*):(\d{1,5})$/.exec(rest) ?? [];
  const port = Number(digits);
  if (digits === '' || port < 1 || port > 65_535) return wrong(source, report);
  const protocol = scheme.includes('udp') ? 'udp' : 'tcp';
  if (scheme !== 'udp' && scheme !== 'tcp') report.warning(ADDRESS, `${JSON.stringify(scheme)} is no protocol here; ${protocol} is used, as the CloudWatch agent does`, { expected: EXPECTED });
  return [{ protocol, host: host === '' ? EVERYWHERE : host.replaceAll(/[[\]]/g, ''), port }];
}

function wrong(source: string, report: Reporter): null {
  report.error(ADDRESS, `${JSON.stringify(source)} is no address to listen at`, { expected: EXPECTED });
  return null;
}
