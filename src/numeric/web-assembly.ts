/** What we use of WebAssembly, which every engine of ours has and the language's own types do not name. */
export interface WasmMemory {
  /** Of a shared memory: as long as the memory was when this was asked for. */
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

interface MemorySize {
  readonly initial: number
  readonly maximum: number
  readonly shared: boolean
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
  readonly Memory: new (size: MemorySize) => WasmMemory
}

/** Pages of WebAssembly. */
export const WASM_PAGE_BYTES = 65_536

/**
 * Exports of an instance of a module.
 *
 * @param code as scripts/wasm-code.mjs writes it
 * @throws where the engine has no WebAssembly, or not what the code needs
 */
export function instantiate<Exports>(code: string, imports: object = {}): Exports {
  const bytes = Uint8Array.from({ length: code.length / 2 }, (_, i) =>
    Number.parseInt(code.slice(2 * i, 2 * i + 2), 16),
  )
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as Exports
}

/** A memory that grows in place: arrays over it stay what they are. @throws as `instantiate`, and without the addresses */
export function sharedMemory(initial: number, maximum: number): WasmMemory {
  return new WebAssembly.Memory({ initial, maximum, shared: true })
}
