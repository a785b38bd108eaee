// Whether the metadata of the instance can be asked. Its answers may be allowed to cross one network hop only, and a container is behind one.
import { connect } from 'node:net';
import type { Environment } from '../../config/placeholders.ts';
import { askInstance } from '../../host/instance.ts';
import { note, ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { textOf } from './host.ts';

const METADATA = { host: '169.254.169.254', port: 80 } as const;
/** A hypervisor answers within a few milliseconds. */
const CONNECT_MS = 500;
const DISABLED = 'AWS_EC2_METADATA_DISABLED';

/** What the firmware says of a machine of EC2 (Nitro; older ones name Xen and the version `amazon`). */
const isEc2 = (vendor: string, version: string): boolean => /amazon/i.test(vendor) || /amazon/i.test(version);

function connects(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ ...METADATA, timeout: CONNECT_MS });
  const end = (reached: boolean) => (): void => { socket.destroy(); resolve(reached); };
  socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  return promise;
}

/** Null off EC2, where there is nothing to say. @param inContainer whether a container is known to be around this process */
export async function instanceFinding(env: Environment, inContainer: boolean): Promise<Finding | null> {
  const onEc2 = isEc2(textOf('/sys/class/dmi/id/sys_vendor'), textOf('/sys/class/dmi/id/bios_version'));
  if (env[DISABLED]?.toLowerCase() === 'true') return onEc2 ? note('instance', `${DISABLED} is set: neither its profile nor its id is used`) : null;
  const instance = await askInstance(env);
  if (instance !== null) return ok('instance', `its metadata answers${instance.instanceId === null ? '' : ` for ${instance.instanceId}`}`);
  if (!onEc2) return null;
  const raise = 'aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled --http-put-response-hop-limit 2';
  return await connects()
    ? warning('instance', `its metadata takes a connection and gives no token: ${inContainer ? 'this is a container, one hop further than the hop limit of the instance allows' : 'the hop limit of the instance is too low for where this runs'}`, raise)
    : warning('instance', 'its metadata does not answer: it is switched off, or something here keeps 169.254.169.254 from being reached', raise);
}
