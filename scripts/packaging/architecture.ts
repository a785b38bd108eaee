/** The architectures that packages are built for, as the runtime calls them. */
export const ARCHITECTURES = ['x64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** What the others call them: dpkg (and container builders), rpm, the prefix of GNU's tools, qemu. */
export const NAMES = {
  x64: { deb: 'amd64', rpm: 'x86_64', gnu: 'x86_64-linux-gnu', qemu: 'qemu-x86_64-static' },
  arm64: { deb: 'arm64', rpm: 'aarch64', gnu: 'aarch64-linux-gnu', qemu: 'qemu-aarch64-static' },
} as const satisfies Readonly<Record<Architecture, { readonly deb: string; readonly rpm: string; readonly gnu: string; readonly qemu: string }>>;
