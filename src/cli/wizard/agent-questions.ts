import { partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import type { Machine } from './machine.ts';

/** What the rest of the questions depends on. */
export interface Host {
  readonly onEc2: boolean;
  /** Region of the log groups. */
  readonly region: string;
}

/** Where nothing names a region: the CloudWatch agent's wizard takes it too. */
const LAST_RESORT_REGION = 'us-east-1';

/** Asks for host and region; gives the config with them. */
export async function askHost(talk: Conversation, machine: Machine, config: ConfigPart): Promise<{ readonly host: Host; readonly config: ConfigPart }> {
  const agent = partAt(config, 'agent');
  const onEc2 = await talk.choice('host', { usual: machine.instance === null ? 'onprem' : 'ec2' }) === 'ec2';
  const written = textIn(agent, 'region');
  const known = onEc2 ? machine.instance?.region ?? null : null;
  const region = await talk.text('region', { usual: written ?? known ?? machine.region ?? LAST_RESORT_REGION, quiet: written === null && known !== null });
  // What the instance says itself is not written: the config then serves a fleet in several regions.
  return { host: { onEc2, region }, config: region === known && written === null ? config : withPart(config, ['agent', 'region'], region) };
}
