// What can be asked of the running agent: one row for each question. The server knows none of them.

export interface Ask {
  /** Only what the route names in `parameters`, each at most once. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborted when whoever asks has gone away, or the socket is closed. */
  readonly gone: AbortSignal;
}

export interface Answer {
  readonly code: number;
  /** Media type. */
  readonly type: string;
  readonly body: string | Buffer;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** The whole path, without a query. */
  readonly path: string;
  /** What may stand in the query; anything else is refused. */
  readonly parameters?: readonly string[];
  /** An exception is answered with 500 and reported; it does not end the agent. */
  readonly answer: (ask: Ask) => Answer | Promise<Answer>;
}

export function json(value: unknown, code = 200): Answer {
  return { code, type: 'application/json', body: JSON.stringify(value) };
}

/** Why nothing was done, for the person who asked. */
export function refusal(code: 400 | 404 | 405 | 409 | 413 | 500 | 503, error: string): Answer { return json({ error }, code); }

/** The route of a request, with its query, or what is wrong with it and what there is instead. */
export function findRoute(routes: readonly Route[], method: string, url: string): { readonly route: Route; readonly query: Ask['query'] } | Answer {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const there = routes.filter((route) => route.path === path);
  if (there.length === 0) return refusal(404, `${path} is unknown; ${listed(routes.map((route) => `${route.method} ${route.path}`))} are what there is`);
  const route = there.find((one) => one.method === method);
  if (route === undefined) return refusal(405, `${method} ${path} is not possible; ${listed(there.map((one) => one.method))} is`);
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(mark < 0 ? '' : url.slice(mark))) {
    const known = route.parameters ?? [];
    if (!known.includes(name)) return refusal(400, `${method} ${path} has no parameter ${name}; ${known.length === 0 ? 'it takes none' : `it takes ${listed(known)}`}`);
    if (Object.hasOwn(query, name)) return refusal(400, `${method} ${path}: ${name} is given twice`);
    query[name] = value;
  }
  return { route, query };
}

const listed = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`);
