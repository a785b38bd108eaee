import { LogInputsCheck } from './check-log-inputs.ts';
import { MetricsCheck } from './check-metrics.ts';
import type { Agent, Document } from './generated/document.generated.ts';
import { isObject, type JsonNode } from './json-tree.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { Reporter } from './reporter.ts';

const SDK_LOG_LEVELS = ['LogDebug', 'LogDebugWithSigning', 'LogDebugWithHTTPBody', 'LogDebugWithRequestRetries', 'LogDebugWithRequestErrors', 'LogDebugWithEventStreamBody'];

/**
 * What is wrong in the sections no plan is made of, beyond what the schema says; `errors` are the schema's. A part in which
 * it found one is left alone.
 */
export function checkSections(root: JsonNode, document: Document, errors: readonly Problem[]): readonly Problem[] {
  if (!isObject(document)) return [];
  const report = new Reporter(root);
  const sound = (pointer: string): boolean => !errors.some((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
  const { agent, logs, metrics, opentelemetry } = document;
  if (isObject(agent) && sound('/agent/aws_sdk_log_level')) sdkLogLevel(agent, report);
  const inputs = new LogInputsCheck(sound, report);
  if (isObject(logs)) inputs.logs(logs);
  if (isObject(metrics)) new MetricsCheck(metrics, sound, report).run();
  if (isObject(opentelemetry)) inputs.opentelemetry(opentelemetry);
  return report.problems;
}

function sdkLogLevel({ aws_sdk_log_level: levels }: Agent, report: Reporter): void {
  for (const level of levels?.split('|').map((word) => word.trim()) ?? []) {
    if (!SDK_LOG_LEVELS.includes(level)) report.warning('/agent/aws_sdk_log_level', `${JSON.stringify(level)} is no level, ignored`, { expected: `one or more of ${SDK_LOG_LEVELS.join(', ')}, with | between them`, didYouMean: nearest(level, SDK_LOG_LEVELS) });
  }
}
