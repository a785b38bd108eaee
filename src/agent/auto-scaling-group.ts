import type { Report } from '../report/report.ts';
import type { Ec2Questions } from './ec2-questions.ts';

const TAG = 'aws:autoscaling:groupName';
const SUBJECT = 'metrics of the Auto Scaling group';
const MINUTE = 60_000;
/** Before each try that follows a failure, milliseconds: the CloudWatch agent's. The last one goes on. */
const AFTER_FAILURES = [1, 1, 3, 3, 3, 10].map((minutes) => minutes * MINUTE);
/** The tag comes a moment after the instance; there as well. */
const UNTIL_TAGGED_MS = 3 * MINUTE;
/** An instance can be moved to another group. */
const KNOWN_MS = 60 * MINUTE;
/** Of a wait, so that the instances of a group do not ask together. */
const JITTER = 0.2;

export interface GroupOptions {
  readonly questions: Pick<Ec2Questions, 'tag'>;
  readonly report: Pick<Report, 'note' | 'trouble' | 'recovered'>;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or when `stop` is given. */
  readonly pause: (ms: number, stop: AbortSignal) => Promise<void>;
}

/**
 * Finds out which Auto Scaling group the instance is of, by its metadata, else by the EC2 API, until `stop`. Metrics never wait for
 * it. @param known takes the name when it is found, and again when it is another one
 */
export async function followGroup(options: GroupOptions, known: (name: string) => void, stop: AbortSignal): Promise<void> {
  const { questions, report, random, pause } = options;
  let [name, failures]: [string | null, number] = [null, 0];
  let saidNone = false;
  while (!stop.aborted) {
    const found = await questions.tag(TAG);
    if (stop.aborted) return;
    failures = 'fault' in found ? failures + 1 : 0;
    let waitMs = KNOWN_MS;
    if ('fault' in found) {
      report.trouble(SUBJECT, `${name === null ? 'metrics go without the dimension AutoScalingGroupName' : `metrics keep the dimension AutoScalingGroupName=${name}`}: ${found.fault}. Next step: ${found.remedy}; it is tried again`);
      waitMs = AFTER_FAILURES[Math.min(failures, AFTER_FAILURES.length) - 1]!;
    } else if (found.value === null) {
      report.recovered(SUBJECT, 'the Auto Scaling group can be asked for again');
      if (!saidNone && name === null) report.note(`metrics go without the dimension AutoScalingGroupName: the instance has no tag ${TAG}, it is in no Auto Scaling group; it is asked for again every 3 minutes`);
      saidNone = true;
      waitMs = UNTIL_TAGGED_MS;
    } else {
      report.recovered(SUBJECT, 'the Auto Scaling group can be asked for again');
      if (found.value !== name) {
        known(found.value);
        report.note(`metrics have the dimension AutoScalingGroupName=${found.value} from now on`);
      }
      name = found.value;
    }
    await pause(waitMs * (1 - JITTER * random()), stop);
  }
}
