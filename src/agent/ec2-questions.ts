import type { Environment } from '../aws/connection.ts';
import type { Attachment } from '../aws/ec2-answer.ts';
import type { Ec2, Ec2Fault } from '../aws/ec2.ts';
import type { Network } from '../aws/network.ts';
import type { Reach } from '../plan.ts';

/** What the metadata of the instance say, as far as it is needed here. */
export interface InstanceView {
  readonly instanceId: string | null;
  readonly region: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** False: its tags are not in its metadata. */
  readonly tagsShown: boolean;
}

/** Asks the metadata, with the tags that are wanted; null: no EC2 instance, or its metadata service does not answer. */
export type AskMetadata = (tags: ReadonlySet<string>) => Promise<InstanceView | null>;

export interface Ec2QuestionsOptions {
  readonly env: Environment;
  readonly network: Network;
  readonly instance: AskMetadata;
  /** Which endpoints the present plan's service has. */
  readonly kind: () => Pick<Reach, 'fips' | 'dualStack'>;
  /** Calls under way end with it. */
  readonly stop: AbortSignal;
}

const NO_METADATA: Ec2Fault = { fault: 'this is no EC2 instance, or its metadata service does not answer', remedy: 'the metadata service within reach (in a container: a hop limit of 2), or the dimension out of append_dimensions' };
const NO_ID: Ec2Fault = { fault: 'the metadata of the instance do not say which one it is', remedy: 'the dimension out of append_dimensions' };

/** What is asked about the instance: its metadata, and the EC2 API for what these do not say. The API's client is loaded when it is needed. */
export class Ec2Questions {
  readonly #o: Ec2QuestionsOptions;

  constructor(options: Ec2QuestionsOptions) { this.#o = options; }

  /** A tag of the instance; null: it has none. */
  async tag(key: string): Promise<{ readonly value: string | null } | Ec2Fault> {
    const seen = await this.#o.instance(new Set([key]));
    if (seen?.tagsShown === true) return { value: seen.tags[key] || null };
    const found = await this.#ask(seen, (ec2, instanceId) => ec2.tag(instanceId, key));
    if (!('fault' in found) || seen?.instanceId == null) return found;
    return { fault: found.fault, remedy: `${found.remedy}, or show the tags in the metadata of the instance (aws ec2 modify-instance-metadata-options --instance-id ${seen.instanceId} --instance-metadata-tags enabled)` };
  }

  /** The volumes of the instance. */
  async attachments(): Promise<readonly Attachment[] | Ec2Fault> {
    return this.#ask(await this.#o.instance(new Set()), (ec2, instanceId) => ec2.attachments(instanceId));
  }

  /** As the CloudWatch agent asks: as whom the agent itself is, not as the role under which metrics are published. */
  async #ask<T>(seen: InstanceView | null, question: (ec2: Ec2, instanceId: string) => Promise<T>): Promise<T | Ec2Fault> {
    if (seen === null) return NO_METADATA;
    const { instanceId, region } = seen;
    if (instanceId === null || region === null) return NO_ID;
    const { env, network, kind, stop } = this.#o;
    const { Ec2 } = await import('../aws/ec2.ts');
    using ec2 = new Ec2({ ...kind(), region, endpoint: null, roleArn: null, externalId: null }, { env, network, abandon: stop });
    return await question(ec2, instanceId);
  }
}
