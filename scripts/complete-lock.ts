// Adds to package-lock.json the optional platform packages that npm left out because the registry did not
// serve them: without an entry for each, `npm ci` refuses the lock. They are never installed on Linux x64/arm64 glibc.
import { readFileSync, writeFileSync } from 'node:fs';

interface LockPackage { readonly version?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockPackage> };
const known = new Set(Object.keys(lock.packages));
let added = 0;
for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const platform = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)/.exec(name);
    if (known.has(key) || platform === null) continue;
    const [, os, cpu] = platform;
    lock.packages[key] = { version, optional: true, dev: true, os: [os], cpu: [cpu] } as LockPackage;
    known.add(key);
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform packages added`);
