// The part of the WebAssembly API that the kernel uses: without the DOM library TypeScript has no types for it.
declare namespace WebAssembly {
  class Memory { constructor(size: { readonly initial: number }); readonly buffer: ArrayBuffer }
  class Module { constructor(bytes: Uint8Array) }
  class Instance { constructor(module: Module, imports: { readonly env: { readonly memory: Memory } }); readonly exports: Readonly<Record<string, unknown>> }
  interface Global { readonly value: unknown }
}
