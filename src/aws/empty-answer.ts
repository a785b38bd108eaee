import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { hasBody } from './prebuilt-body.ts';

interface Answer { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> }

/**
 * Makes the client refuse a success without a body as answer to PutLogEvents: the service always sends a JSON object, so
 * this comes from something else at its address (a proxy, a load balancer), which has stored nothing. The SDK would read
 * it as `{}`. Other operations of the service do answer so.
 */
export function refuseEmptyAnswers(client: CloudWatchLogsClient): void {
  client.middlewareStack.add((next) => async (args) => {
    const result = await next(args);
    const { statusCode = 0, headers = {} } = result.response as Answer;
    const success = statusCode >= 200 && statusCode < 300;
    if (success && (statusCode === 204 || headers['content-length'] === '0') && hasBody(args.input)) {
      throw Object.assign(new Error('an empty answer, which CloudWatch Logs never gives: something else stands at its address'), { name: 'EmptyAnswer', $metadata: { httpStatusCode: 200 } });
    }
    return result;
  }, { step: 'deserialize', priority: 'low', name: 'emptyAnswer' });
}
