import { ServiceError } from '../service-error.ts';
import { isObject, wrongType } from './json.ts';
import type { Json, JsonObject } from './json.ts';

export interface StringRules {
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Must match the whole value. */
  readonly pattern?: RegExp;
  /** The service's own spelling of the pattern, for the message. */
  readonly patternText?: string;
  readonly oneOf?: readonly string[];
}

export interface NumberRules {
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface ListRules {
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** Values longer than this are cut in messages: a message must not carry a megabyte back. */
const SHOWN_VALUE = 600;

/**
 * Reads the members of a request and collects every violated constraint in the service's words; a member of the wrong
 * JSON type is a SerializationException at once. Read all members, then call `check`.
 */
export class Shape {
  readonly #input: JsonObject;
  readonly #prefix: string;
  readonly #violations: string[];

  constructor(input: JsonObject, prefix = '', violations: string[] = []) {
    this.#input = input;
    this.#prefix = prefix;
    this.#violations = violations;
  }

  /** Throws `type` with one message naming all violations. */
  check(type = 'InvalidParameterException'): void {
    const n = this.#violations.length;
    if (n === 0) return;
    throw new ServiceError(type, `${n} validation error${n === 1 ? '' : 's'} detected: ${this.#violations.join('; ')}`);
  }

  has(name: string): boolean {
    const value = this.#input[name];
    return value !== undefined && value !== null;
  }

  violation(shown: string, name: string, constraint: string): void {
    this.#violations.push(`Value ${shown} at '${this.#prefix}${name}' failed to satisfy constraint: ${constraint}`);
  }

  string(name: string, rules: StringRules = {}): string | undefined {
    const value = this.#present(name, rules.required);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw wrongType(value, 'String');
    this.#checkString(value, name, rules);
    return value;
  }

  /** As `string`, required; '' stands for a missing value until `check` throws. */
  requiredString(name: string, rules: StringRules = {}): string {
    return this.string(name, { ...rules, required: true }) ?? '';
  }

  integer(name: string, rules: NumberRules = {}): number | undefined {
    const value = this.number(name, rules);
    if (value === undefined) return undefined;
    return Math.trunc(value);
  }

  number(name: string, rules: NumberRules = {}): number | undefined {
    const value = this.#present(name, rules.required);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw wrongType(value, 'a number');
    if (rules.min !== undefined && value < rules.min) this.violation(`'${value}'`, name, `Member must have value greater than or equal to ${rules.min}`);
    if (rules.max !== undefined && value > rules.max) this.violation(`'${value}'`, name, `Member must have value less than or equal to ${rules.max}`);
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#present(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'boolean') throw wrongType(value, 'Boolean');
    return value;
  }

  list(name: string, rules: ListRules = {}): readonly Json[] | undefined {
    const value = this.#present(name, rules.required);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw wrongType(value, 'List');
    const list = value as readonly Json[];
    this.#checkLength(list.length, `'[${list.length} members]'`, name, rules);
    return list;
  }

  strings(name: string, rules: ListRules = {}, each: StringRules = {}): readonly string[] | undefined {
    const list = this.list(name, rules);
    return list?.map((value, i) => {
      if (typeof value !== 'string') throw wrongType(value, 'String');
      this.#checkString(value, `${name}.${i + 1}.member`, each);
      return value;
    });
  }

  map(name: string, rules: ListRules = {}, key: StringRules = {}, each: StringRules = {}): ReadonlyMap<string, string> | undefined {
    const value = this.object(name, rules.required);
    if (value === undefined) return undefined;
    const map = new Map<string, string>();
    for (const [k, v] of Object.entries(value)) {
      if (typeof v !== 'string') throw wrongType(v ?? null, 'String');
      this.#checkString(k, `${name}.key`, key);
      this.#checkString(v, `${name}.${k}.member`, each);
      map.set(k, v);
    }
    this.#checkLength(map.size, `'{${map.size} entries}'`, name, rules);
    return map;
  }

  object(name: string, required = false): JsonObject | undefined {
    const value = this.#present(name, required);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw wrongType(value, 'Structure');
    return value;
  }

  /** The shapes of a list of structures; violations land in this shape. */
  shapes(name: string, rules: ListRules = {}): readonly Shape[] | undefined {
    return this.list(name, rules)?.map((value, i) => {
      if (!isObject(value)) throw wrongType(value, 'Structure');
      return new Shape(value, `${this.#prefix}${name}.${i + 1}.member.`, this.#violations);
    });
  }

  #present(name: string, required = false): Json | undefined {
    const value = this.#input[name];
    if (value !== undefined && value !== null) return value;
    if (required) this.#violations.push(`Value null at '${this.#prefix}${name}' failed to satisfy constraint: Member must not be null`);
    return undefined;
  }

  #checkLength(length: number, shown: string, name: string, rules: { readonly min?: number; readonly max?: number }): void {
    if (rules.min !== undefined && length < rules.min) this.violation(shown, name, `Member must have length greater than or equal to ${rules.min}`);
    if (rules.max !== undefined && length > rules.max) this.violation(shown, name, `Member must have length less than or equal to ${rules.max}`);
  }

  #checkString(value: string, name: string, rules: StringRules): void {
    const shown = `'${value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value}'`;
    this.#checkLength(value.length, shown, name, rules);
    if (rules.pattern !== undefined && !rules.pattern.test(value)) {
      this.violation(shown, name, `Member must satisfy regular expression pattern: ${rules.patternText ?? rules.pattern.source}`);
    }
    if (rules.oneOf !== undefined && !rules.oneOf.includes(value)) this.violation(shown, name, `Member must satisfy enum value set: [${rules.oneOf.join(', ')}]`);
  }
}
