import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { findRoute, refusal } from './route.ts';
import type { Answer, Route } from './route.ts';

/** A question is a few names and numbers; more than this is none. */
const MAX_BODY_BYTES = 65_536;

/** Answers requests by a table of routes. @param failed is told of what a route has thrown */
export function answering(routes: readonly Route[], failed: (problem: string) => void): RequestListener {
  return (request, response) => {
    answerOf(routes, request, response, failed).then((answer) => { send(response, answer); }, () => { response.destroy(); });
  };
}

/** Rejects when the request breaks off. */
async function answerOf(routes: readonly Route[], request: IncomingMessage, response: ServerResponse, failed: (problem: string) => void): Promise<Answer> {
  const { method = '', url = '' } = request;
  const found = findRoute(routes, method, url);
  const body = await bodyOf(request);
  if ('code' in found) return found;
  if (body === null) return refusal(413, `${method} ${found.route.path}: more than ${MAX_BODY_BYTES} bytes were sent`);
  const gone = new AbortController();
  response.once('close', () => { gone.abort(); });
  try {
    return await found.route.answer({ query: found.query, body, gone: gone.signal });
  } catch (error) {
    const problem = `${method} ${found.route.path} failed: ${(error as Error).message}`;
    failed(`${problem}; this is a defect of the agent`);
    return refusal(500, problem);
  }
}

/** Null when it is too long; it is read to its end all the same, so that the answer is. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= MAX_BODY_BYTES) pieces.push(piece);
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(pieces) : null;
}

function send(response: ServerResponse, { code, type, body }: Answer): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body), connection: 'close' }).end(body);
}
