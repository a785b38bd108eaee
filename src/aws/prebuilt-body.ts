import type { EncodedBody } from '../delivery/endpoint.ts';

export interface Pluggable<I extends object, O extends object> {
  applyToStack(stack: { add(middleware: (next: (args: BuildArgs<I>) => Promise<{ output: O; response: unknown }>) => (args: BuildArgs<I>) => Promise<{ output: O; response: unknown }>, options: { step: 'build'; priority: 'high'; name: string; override: true }): void }): void;
}
interface BuildArgs<I> { input: I; request: unknown }

/** Bodies that wait for their command, by the command's input. */
const bodies = new WeakMap<object, { readonly body: EncodedBody; readonly headers: Readonly<Record<string, string>> | undefined }>();

/** Makes the command with this input send `body` as it is, and these headers, instead of having its input serialised. */
export function sendBody(input: object, body: EncodedBody, headers?: Readonly<Record<string, string>>): void { bodies.set(input, { body, headers }); }

/** Lets go of the body: the client remembers the first command of each kind for good. */
export function forgetBody(input: object): void { bodies.delete(input); }

/** The command with this input sends a body of its own. */
export function hasBody(input: object): boolean { return bodies.has(input); }

/**
 * Swaps the encoded body in after serialisation and before the content length is set and the request signed: credentials,
 * endpoint, signature and errors stay the SDK's, and its JSON writer, half of the cost of a call, sees an empty list.
 */
export const prebuiltBody = <I extends object, O extends object>(): Pluggable<I, O> => ({
  applyToStack: (stack) => stack.add((next) => (args) => {
    const prebuilt = bodies.get(args.input);
    if (prebuilt !== undefined) {
      const { body, headers } = prebuilt;
      const request = args.request as { body: Uint8Array; headers: Record<string, string> };
      request.body = body.bytes;
      if (headers !== undefined) Object.assign(request.headers, headers);
      if (body.encoding !== null) request.headers['content-encoding'] = body.encoding;
      // The signature takes it from here, and computes it otherwise.
      if (body.sha256 !== undefined) request.headers['x-amz-content-sha256'] = body.sha256;
    }
    return next(args);
  }, { step: 'build', priority: 'high', name: 'prebuiltBody', override: true }),
});
