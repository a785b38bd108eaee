import { runInNewContext } from 'node:vm';
import type { Operations } from '../call.ts';
import { ServiceError } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { MAX_LABELS, MAX_LABEL_LENGTH, MAX_VALUE_BYTES } from './limits.ts';
import { checkName, validation } from './names.ts';
import type { ParameterStore, ParameterVersion, Tier } from './store.ts';

const NAME = { min: 1, max: 2048 };
const TYPES = ['String', 'StringList', 'SecureString'];
const DATA_TYPES = ['text', 'aws:ec2:image', 'aws:ssm:integration'];
/** A caller's expression can backtrack without end; it gets this long. */
const PATTERN_MS = 100;

/** The tier a value gets. Throws ValidationException if it does not fit, or if an advanced parameter would become standard. */
function tierOf(value: string, asked: string | undefined, previous: Tier | null, policies: boolean): Tier {
  const bytes = Buffer.byteLength(value);
  if (previous === 'Advanced' && asked === 'Standard') throw validation('This parameter uses the advanced-parameter tier. You can\'t downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.');
  const chosen = asked ?? previous ?? 'Standard';
  const grown: Tier = previous === 'Advanced' || policies || bytes > MAX_VALUE_BYTES.Standard ? 'Advanced' : 'Standard';
  const tier: Tier = chosen === 'Intelligent-Tiering' ? grown : (chosen as Tier);
  if (bytes <= MAX_VALUE_BYTES[tier]) return tier;
  throw validation(tier === 'Standard'
    ? `Standard tier parameters support a maximum parameter value of ${MAX_VALUE_BYTES.Standard} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`
    : `Advanced tier parameters support a maximum parameter value of ${MAX_VALUE_BYTES.Advanced} characters.`);
}

function checkValue(value: string, allowed: string | undefined): void {
  if (value === '') throw validation('Parameter value: must not be empty.');
  if (/\{\{\s*ssm:/.test(value)) throw validation('Parameter value: must not contain a reference to another parameter, {{ssm:…}}.');
  if (allowed === undefined) return;
  let matches: unknown;
  try {
    matches = runInNewContext('new RegExp(`^(?:${pattern})$`, "u").test(value)', { pattern: allowed, value }, { timeout: PATTERN_MS });
  } catch {
    throw new ServiceError('InvalidAllowedPatternException', 'The AllowedPattern is not a valid regular expression, or takes too long.');
  }
  if (matches !== true) throw new ServiceError('ParameterPatternMismatchException', 'Parameter value, cannot be validated against allowedPattern.');
}

/** PutParameter, DeleteParameter, DeleteParameters, LabelParameterVersion. */
export function writeOperations(store: ParameterStore): Operations {
  return {
    PutParameter(input, call) {
      const shape = new Shape(input);
      const name = shape.requiredString('Name', NAME);
      const value = shape.requiredString('Value');
      const type = shape.string('Type', { oneOf: TYPES });
      const keyId = shape.string('KeyId', { min: 1, max: 256 }) ?? null;
      const overwrite = shape.boolean('Overwrite') ?? false;
      const allowed = shape.string('AllowedPattern', { max: 1024 });
      const tags = shape.list('Tags', { max: 1000 }) ?? [];
      const tier = shape.string('Tier', { oneOf: ['Standard', 'Advanced', 'Intelligent-Tiering'] });
      const policies = shape.string('Policies', { min: 1, max: 4096 }) !== undefined;
      const dataType = shape.string('DataType', { max: 128, oneOf: DATA_TYPES }) ?? 'text';
      shape.string('Description', { max: 1024 });
      shape.check('ValidationException');
      checkName(name, call);
      const previous: ParameterVersion | undefined = store.find(name)?.versions.at(-1);
      if (overwrite && tags.length > 0) throw validation("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.");
      if (previous !== undefined && !overwrite) throw new ServiceError('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.');
      const kept = type ?? previous?.type;
      if (kept === undefined) throw validation('A parameter type is required when you create a parameter.');
      if (previous !== undefined && (kept === 'SecureString') !== (previous.type === 'SecureString')) throw new ServiceError('HierarchyTypeMismatchException', 'A parameter cannot change between SecureString and another type: delete it first.');
      checkValue(value, allowed);
      const chosen = tierOf(value, tier, previous?.tier ?? null, policies);
      const added = store.add(name, { type: kept, value, keyId: kept === 'SecureString' ? (keyId ?? 'alias/aws/ssm') : null, dataType, tier: chosen, modifiedAt: call.now });
      return { Version: added.version, Tier: added.tier };
    },

    DeleteParameter(input) {
      const shape = new Shape(input);
      const name = shape.requiredString('Name', NAME);
      shape.check('ValidationException');
      if (!store.delete(name)) throw new ServiceError('ParameterNotFound', `Parameter ${name} not found.`);
      return {};
    },

    DeleteParameters(input) {
      const shape = new Shape(input);
      const names = shape.strings('Names', { required: true, min: 1, max: 10 }, NAME) ?? [];
      shape.check('ValidationException');
      const deleted = names.filter((name) => store.delete(name));
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
    },

    LabelParameterVersion: (input) => labelVersion(store, new Shape(input)),
  };
}

function labelVersion(store: ParameterStore, shape: Shape): object {
  const name = shape.requiredString('Name', NAME);
  const asked = shape.integer('ParameterVersion', { min: 1 });
  const labels = shape.strings('Labels', { required: true, min: 1, max: MAX_LABELS }, { min: 1, max: MAX_LABEL_LENGTH }) ?? [];
  shape.check('ValidationException');
  const parameter = store.find(name);
  if (parameter === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${name} not found.`);
  const version = asked === undefined ? parameter.versions.at(-1) : parameter.versions.find((each) => each.version === asked);
  if (version === undefined) throw new ServiceError('ParameterVersionNotFound', `Systems Manager could not find version ${asked} of ${name}. Verify the version and try again.`);
  const good = labels.filter((label) => /^[a-zA-Z_.-][a-zA-Z0-9_.-]*$/.test(label) && !/^(?:aws|ssm)/i.test(label));
  if (new Set([...version.labels, ...good]).size > MAX_LABELS) throw new ServiceError('ParameterVersionLabelLimitExceeded', `A parameter version can have at most ${MAX_LABELS} labels.`);
  store.label(name, version.version, good);
  return { InvalidLabels: labels.filter((label) => !good.includes(label)), ParameterVersion: version.version };
}
