import { prebuiltBody } from './prebuilt-body.ts';

/** In the form of the SDK's own, whose parts are separated by spaces. */
const USER_AGENT = `unified-agent lang/js md/nodejs#${process.versions.node}`;

type Handler<I, O> = (args: { input: I; request: unknown }) => Promise<{ output: O; response: unknown }>;

interface Part<I extends object, O extends object, Options> {
  applyToStack(stack: { add(middleware: (next: Handler<I, O>) => Handler<I, O>, options: Options & { name: string; override: true }): void }): void;
}

/** Delivery has its own retry loop: the SDK's hides what happens and gives up after three attempts. */
const noRetries = <I extends object, O extends object>(): Part<I, O, { step: 'finalizeRequest'; priority: 'high' }> => ({
  applyToStack: (stack) => { stack.add((next) => next, { step: 'finalizeRequest', priority: 'high', name: 'retryMiddleware', override: true }); },
});

/** The SDK's puts the same words together anew for each call. */
const ownName = <I extends object, O extends object>(): Part<I, O, { step: 'build'; priority: 'low' }> => ({
  applyToStack: (stack) => {
    stack.add((next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['user-agent'] = USER_AGENT;
      return next(args);
    }, { step: 'build', priority: 'low', name: 'getUserAgentMiddleware', override: true });
  },
});

interface Steps<I extends object, O extends object> {
  use(part: Part<I, O, { step: 'finalizeRequest'; priority: 'high' }> | Part<I, O, { step: 'build'; priority: 'low' }> | ReturnType<typeof prebuiltBody<I, O>>): void;
  remove(name: string): boolean;
}

/** Leaves of a client's steps what the agent needs: no retries, its own name, bodies as they are. */
export function leanSteps<I extends object, O extends object>(stack: Steps<I, O>): void {
  stack.use(noRetries());
  stack.use(ownName());
  // One for a logger that there is not, one for a function of AWS Lambda that calls itself.
  for (const idle of ['loggerMiddleware', 'recursionDetectionMiddleware']) stack.remove(idle);
  stack.use(prebuiltBody());
}
