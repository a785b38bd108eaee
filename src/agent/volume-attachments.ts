import type { AttachedVolumes } from '../metrics/volume-of-device.ts';
import type { Report } from '../report/report.ts';
import type { Ec2Questions } from './ec2-questions.ts';

/** Between two questions, milliseconds: the CloudWatch agent's. */
const ASK_MS = 300_000;
const SUBJECT = 'volumes of disk metrics';

export interface VolumeAttachmentsOptions {
  readonly questions: Pick<Ec2Questions, 'attachments'>;
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * The volumes of disks that do not say theirs themselves (of Xen instances), as EC2 knows them. It is asked when such a disk is met
 * first, and then each five minutes while there is one; nobody waits for the answer.
 */
export class VolumeAttachments implements AttachedVolumes {
  readonly #o: VolumeAttachmentsOptions;
  #volumes: ReadonlyMap<string, string> = new Map();
  #askedAt = -Infinity;

  constructor(options: VolumeAttachmentsOptions) { this.#o = options; }

  of({ disk, name }: { readonly disk: string; readonly name: string }): string | null {
    if (this.#o.now() - this.#askedAt >= ASK_MS) void this.#ask();
    const root = [...this.#volumes].find(([device]) => device.replace(/\d+$/, '') === kernelName(disk));
    return this.#volumes.get(kernelName(name)) ?? this.#volumes.get(kernelName(disk)) ?? root?.[1] ?? null;
  }

  async #ask(): Promise<void> {
    const { report, now, questions } = this.#o;
    this.#askedAt = now();
    const found = await questions.attachments();
    if ('fault' in found) {
      report.trouble(SUBJECT, `disk metrics ${this.#volumes.size === 0 ? 'go without the dimension VolumeId' : 'keep the VolumeId that was known last'}: ${found.fault}. Next step: ${found.remedy}; it is tried again each 5 minutes`);
      return;
    }
    report.recovered(SUBJECT, 'the volumes of disks can be asked for again');
    this.#volumes = new Map(found.map(({ volumeId, device }) => [kernelName(device), volumeId]));
  }
}

/** A device as the kernel of a Xen instance calls it: what was attached as `/dev/sdf` is `xvdf`. */
const kernelName = (device: string): string => device.replace(/^\/dev\//, '').replace(/^sd/, 'xvd');
