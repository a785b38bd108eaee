import type { ParameterFaultKind } from '../../aws/parameters.ts';

/** sysexits.h EX_USAGE, EX_DATAERR (does not fit), EX_NOINPUT (cannot be read), EX_UNAVAILABLE, EX_CANTCREAT, EX_NOPERM, EX_CONFIG (has errors). */
export const EXIT = { usage: 64, tooLarge: 65, noInput: 66, unavailable: 69, cannotCreate: 73, noPermission: 77, config: 78 } as const;
/** `diff`: they differ. `push`: the answer was no. */
export const EXIT_DIFFERENT = 1;
export const EXIT_DECLINED = 1;
/** `import-state`, `migrate`: some positions could not be imported although their files are followed. */
export const EXIT_INCOMPLETE = 1;

/** Of a command that could not write to Parameter Store. */
export function exitOfFault(fault: ParameterFaultKind): number {
  switch (fault) {
    case 'denied': case 'key': case 'credentials': return EXIT.noPermission;
    case 'throttled': case 'unreachable': case 'abandoned': return EXIT.unavailable;
    case 'missing': case 'refused': return EXIT.cannotCreate;
    default: return fault satisfies never;
  }
}
