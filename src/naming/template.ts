// Names of groups and streams, of which a part is known only once a file is found or an event is read.

import type { DateField, NamePart, NameTemplate } from '../plan.ts';
import { fitted, legalPart, sanitisePath } from './legal-name.ts';
import type { NameKind } from './legal-name.ts';
import { spooledIn } from './spool-path.ts';

/** An hour on a local calendar. */
export interface LocalHour {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
}

const text = (value: string): NamePart => ({ kind: 'text', text: value });
const digits = (value: number, count = 2): string => String(value).padStart(count, '0');

/** The name depends on the event's date. */
export const isDated = (template: NameTemplate): boolean => template.some(({ kind }) => kind === 'date');
/** The name depends on the hour of the event, not on its day alone. */
export const isHourly = (template: NameTemplate): boolean => template.some((part) => part.kind === 'date' && part.field === 'hour');
/** Each file has a name of its own. */
export const isPerFile = (template: NameTemplate): boolean => template.some(({ kind }) => kind === 'path' || kind === 'capture' || kind === 'spooled');

/**
 * The template with all that is known of the file called `path`. Null: a capture it cannot do without found nothing.
 * @param found what the entry's path_pattern found in the path, or null
 */
export function ofFile(template: NameTemplate, kind: NameKind, path: string, found: RegExpExecArray | null): NameTemplate | null {
  const filled: NamePart[] = [];
  for (const part of template) {
    const known = partOfFile(part, kind, path, found);
    if (known === null) return null;
    filled.push(known);
  }
  return joined(filled);
}

function partOfFile(part: NamePart, kind: NameKind, path: string, found: RegExpExecArray | null): NamePart | null {
  switch (part.kind) {
    case 'text': case 'date': return part;
    case 'path': return text(pathAs(part.form, kind, path));
    case 'capture': {
      const value = capturedBy(part.group, found);
      return value === null ? part.fallback === null ? null : text(part.fallback) : text(legalPart(value, kind));
    }
    case 'spooled': {
      const spooled = spooledIn(path);
      return spooled === null ? null : text(spooled[part.of]);
    }
    default: return part satisfies never;
  }
}

function pathAs(form: Extract<NamePart, { kind: 'path' }>['form'], kind: NameKind, path: string): string {
  switch (form) {
    case 'whole': return sanitisePath(path);
    case 'flat': return sanitisePath(path).replaceAll('/', '_');
    case 'file_name': return legalPart(path.slice(path.lastIndexOf('/') + 1), kind);
    case 'directory': return legalPart(path.slice(0, path.lastIndexOf('/')) || '/', kind);
    default: return form satisfies never;
  }
}

/** What a group found, by its number or name; null when it took no part, or found nothing at all. */
function capturedBy(group: string, found: RegExpExecArray | null): string | null {
  return (/^\d+$/.test(group) ? found?.[Number(group)] : found?.groups?.[group]) || null;
}

/** Neighbouring texts as one. */
export function joined(parts: readonly NamePart[]): NameTemplate {
  const all: NamePart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') all[all.length - 1] = text(last.text + part.text);
    else all.push(part);
  }
  return all;
}

/** The name of which all but the date is known. @param at the local date of the event, for one that has a date */
export function nameOf(template: NameTemplate, at: LocalHour | null): string {
  return fitted(template.map((part) => part.kind === 'text' ? part.text : part.kind === 'date' && at !== null ? dateAs(part.field, at) : missing(part)).join(''));
}

function dateAs(field: DateField, { year, month, day, hour }: LocalHour): string {
  switch (field) {
    case 'date': return `${digits(year, 4)}-${digits(month)}-${digits(day)}`;
    case 'year': return digits(year, 4);
    case 'month': return digits(month);
    case 'day': return digits(day);
    case 'hour': return digits(hour);
    default: return field satisfies never;
  }
}

function missing({ kind }: NamePart): never { throw new Error(`a name was asked for of which the ${kind} is not known`); }

const SHOWN_PATH = { whole: '{path of the file}', flat: '{path of the file with _ for /}', file_name: '{name of the file}', directory: '{directory of the file}' } as const;

/** The template for people to read. */
export function shown(template: NameTemplate): string {
  return template.map((part) => {
    switch (part.kind) {
      case 'text': return part.text;
      case 'path': return SHOWN_PATH[part.form];
      case 'capture': return `{path:${part.group}${part.fallback === null ? '' : `|${part.fallback}`}}`;
      case 'date': return `{${part.field} of the event}`;
      case 'spooled': return `{${part.of} of the event}`;
      default: return part satisfies never;
    }
  }).join('');
}
