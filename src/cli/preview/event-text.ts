import type { UndeliverablePolicy } from '../../plan.ts';
import { AS_IS, clean, quoted, withMarks } from './paint.ts';
import type { Marked, Paint } from './paint.ts';

/** What would become of an event. @param filtered says by which filter it is dropped */
export function verdictText<F>(verdict: { readonly kind: 'sent' | 'too-old' | 'too-new' } | { readonly kind: 'filtered'; readonly filter: F }, filtered: (filter: F) => string, undeliverable: UndeliverablePolicy): string {
  const fate = undeliverable === 'drop' ? 'dropped' : 'quarantined';
  switch (verdict.kind) {
    case 'sent': return 'sent';
    case 'too-old': return `too old: ${fate}, the service takes 14 days`;
    case 'too-new': return `too new: ${fate}, the service takes two hours ahead`;
    case 'filtered': return filtered(verdict.filter);
    default: return verdict satisfies never;
  }
}

/** The text as it was found, with `marks`, and below it, where it is another, as it would be sent. */
export function messageText({ original, message }: { readonly original: string; readonly message: string }, isDropped: boolean, marks: readonly Marked[], paint: Paint): string {
  const body = isDropped ? paint.dropped : AS_IS;
  const marked = withMarks(clean(original), marks, body);
  return isDropped || original === message ? quoted(marked, '| ') : quoted(marked, '- ') + quoted(body(clean(message)), '+ ');
}
