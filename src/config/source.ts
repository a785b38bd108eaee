/** Where a config is, as a word of the command line names it. */
export type Source =
  /** A file, or a folder whose files are read. */
  | { readonly kind: 'place'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'default' }
  /** The first usual place that has a config: what runs when nothing is named. */
  | { readonly kind: 'usual' }
  /** A parameter of Parameter Store: its name or ARN, with `:version` or `:label` behind it or not. */
  | { readonly kind: 'parameter'; readonly reference: string }
  /** All parameters below a path, which begins with a slash and ends without one (but for `/` itself). */
  | { readonly kind: 'parameters'; readonly path: string };

/** What is wrong with a word. */
export interface SourceFault {
  readonly fault: string;
  readonly expected: string;
}

/** The word for what is read where no other is given. */
export const USUAL = 'usual';

export const SOURCE_FORMS = 'a file, a folder, ssm:NAME, ssm:NAME:VERSION, ssm:NAME:LABEL, ssm:/PATH/, usual, default, or - for standard input';

const SELECTOR = String.raw`(?::(?:\d+|[a-zA-Z_.\-][a-zA-Z0-9_.\-]{0,99}))?`;
const NAME = new RegExp(String.raw`^[a-zA-Z0-9_.\-/]+${SELECTOR}$`);
const ARN = new RegExp(String.raw`^arn:[^:]+:ssm:[^:]+:\d{12}:parameter/[a-zA-Z0-9_.\-/]+${SELECTOR}$`);

/** What a word names. `file:PATH` is the CloudWatch agent's form of PATH. */
export function parseSource(word: string): Source | SourceFault {
  if (word === '-') return { kind: 'stdin' };
  if (word === 'default') return { kind: 'default' };
  if (word === USUAL) return { kind: 'usual' };
  if (word === '') return { fault: 'the name of the config is empty', expected: SOURCE_FORMS };
  if (word.startsWith('file:')) {
    const path = word.slice('file:'.length);
    return path === '' ? { fault: 'no path stands after file:', expected: 'file:PATH, or the path alone' } : { kind: 'place', path };
  }
  if (word.startsWith('default:')) {
    return { fault: `there is no built-in config ${JSON.stringify(word.slice('default:'.length))}: OpenTelemetry pipelines are not run by this agent`, expected: '`default`, or a config of your own' };
  }
  if (word.startsWith('s3:')) return { fault: 'configs in S3 are not read by this version', expected: `${SOURCE_FORMS}; aws s3 cp s3://… - | agent … --config - reads one now` };
  return word.startsWith('ssm:') ? parameterSource(word.slice('ssm:'.length)) : { kind: 'place', path: word };
}

function parameterSource(name: string): Source | SourceFault {
  if (/^\/(?:[a-zA-Z0-9_.\-/]*\/)?$/.test(name)) return { kind: 'parameters', path: name === '/' ? name : name.replace(/\/+$/, '') };
  if (ARN.test(name) || (NAME.test(name) && !name.endsWith('/'))) return { kind: 'parameter', reference: name };
  if (name === '') return { fault: 'no name of a parameter stands after ssm:', expected: 'ssm:NAME, ssm:NAME:VERSION, ssm:NAME:LABEL, or ssm:/PATH/ for all parameters below a path' };
  if (name.endsWith('/')) return { fault: `${JSON.stringify(name)} is no path of parameters`, expected: 'a path that begins with a slash, as in ssm:/PATH/' };
  return { fault: `${JSON.stringify(name)} is no name of a parameter`, expected: 'letters, digits and _ . - /, with :VERSION or :LABEL behind it or not' };
}

/** The word that names a parameter or a path, for messages. */
export const parameterWord = (source: Extract<Source, { kind: 'parameter' | 'parameters' }>): string =>
  (source.kind === 'parameter' ? `ssm:${source.reference}` : `ssm:${source.path === '/' ? '/' : `${source.path}/`}`);
