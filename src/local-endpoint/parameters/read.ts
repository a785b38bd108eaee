import { createHash } from 'node:crypto';
import type { Call, Operations } from '../call.ts';
import { issueToken, redeemToken } from '../wire/token.ts';
import { ServiceError } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { MAX_RESULTS } from './limits.ts';
import { parameterArn, parseReference, validation } from './names.ts';
import type { Parameter, ParameterStore, ParameterVersion } from './store.ts';

const NAME = { min: 1, max: 2048 };

/** What a SecureString looks like to who does not ask for decryption: opaque, and the same for the same value. */
function ciphertext({ value, keyId }: ParameterVersion): string {
  return `AQICAHh${createHash('sha256').update(`${keyId} ${value}`).digest('base64')}`;
}

function shown(name: string, version: ParameterVersion, selector: string | null, decrypt: boolean, call: Call): object {
  return {
    Name: name, Type: version.type, Value: version.type === 'SecureString' && !decrypt ? ciphertext(version) : version.value, Version: version.version,
    ...(selector !== null && { Selector: `:${selector}` }), LastModifiedDate: version.modifiedAt / 1000, ARN: parameterArn(name, call), DataType: version.dataType,
  };
}

function versionOf(parameter: Parameter, selector: string | null): ParameterVersion | undefined {
  if (selector === null) return parameter.versions.at(-1);
  if (/^\d+$/.test(selector)) return parameter.versions.find((each) => each.version === Number(selector));
  return parameter.versions.find((each) => each.labels.includes(selector));
}

/** One condition of ParameterFilters: Type or Label, compared for equality. */
function filterOf(shape: Shape): (parameter: Parameter) => boolean {
  const key = shape.requiredString('Key', { min: 1, max: 132 });
  const option = shape.string('Option', { min: 1, max: 10 }) ?? 'Equals';
  const values = shape.strings('Values', { min: 1, max: 50 }) ?? [];
  if (key !== 'Type' && key !== 'Label') throw new ServiceError('InvalidFilterKey', `The following filter key is not valid here: ${key}. Valid filter keys are: [Type, Label].`);
  if (option !== 'Equals') throw new ServiceError('InvalidFilterOption', `The following filter option is not valid: ${option}. Valid options are: [Equals].`);
  return ({ versions }) => (key === 'Type' ? values.includes(versions.at(-1)?.type ?? '') : versions.some(({ labels }) => labels.some((label) => values.includes(label))));
}

/** GetParameter, GetParameters, GetParametersByPath. */
export function readOperations(store: ParameterStore): Operations {
  return {
    GetParameter(input, call) {
      const shape = new Shape(input);
      const reference = shape.requiredString('Name', NAME);
      const decrypt = shape.boolean('WithDecryption') ?? false;
      shape.check('ValidationException');
      const { name, selector } = parseReference(reference);
      const parameter = store.find(name);
      if (parameter === undefined) throw new ServiceError('ParameterNotFound', `Parameter ${name} not found.`);
      const version = versionOf(parameter, selector);
      if (version === undefined) throw new ServiceError('ParameterVersionNotFound', `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`);
      return { Parameter: shown(parameter.name, version, selector, decrypt, call) };
    },

    GetParameters(input, call) {
      const shape = new Shape(input);
      const references = shape.strings('Names', { required: true, min: 1, max: MAX_RESULTS }, NAME) ?? [];
      const decrypt = shape.boolean('WithDecryption') ?? false;
      shape.check('ValidationException');
      const found: object[] = [];
      const missing: string[] = [];
      for (const reference of new Set(references)) {
        const { name, selector } = parseReference(reference);
        const parameter = store.find(name);
        const version = parameter === undefined ? undefined : versionOf(parameter, selector);
        if (parameter === undefined || version === undefined) missing.push(reference);
        else found.push(shown(parameter.name, version, selector, decrypt, call));
      }
      return { Parameters: found, InvalidParameters: missing };
    },

    GetParametersByPath(input, call) {
      const shape = new Shape(input);
      const path = shape.requiredString('Path', NAME);
      const recursive = shape.boolean('Recursive') ?? false;
      const decrypt = shape.boolean('WithDecryption') ?? false;
      const limit = shape.integer('MaxResults', { min: 1, max: MAX_RESULTS }) ?? MAX_RESULTS;
      const token = shape.string('NextToken');
      const filters = (shape.shapes('ParameterFilters') ?? []).map(filterOf);
      shape.check('ValidationException');
      if (!path.startsWith('/')) throw validation(`The parameter path ${path} must start with '/'.`);
      const prefix = path.endsWith('/') ? path : `${path}/`;
      const purpose = `${path} ${recursive}`;
      const after = token === undefined || token === '' ? null : redeemToken(token, purpose, call.now, (message) => new ServiceError('InvalidNextToken', message));
      const matching = store.all().filter((parameter) => parameter.name.startsWith(prefix) && (recursive || !parameter.name.slice(prefix.length).includes('/'))
        && (after === null || parameter.name > after) && filters.every((filter) => filter(parameter)));
      const page = matching.slice(0, limit);
      return {
        Parameters: page.flatMap((parameter) => {
          const version = parameter.versions.at(-1);
          return version === undefined ? [] : [shown(parameter.name, version, null, decrypt, call)];
        }),
        ...(matching.length > limit && { NextToken: issueToken(page.at(-1)?.name ?? '', purpose, call.now) }),
      };
    },
  };
}
