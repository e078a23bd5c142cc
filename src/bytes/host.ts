/**
 * What a host may do faster than portable code. Each capability has a pure fallback of equal results, so a host that
 * offers none (a bare V8, a browser worker) computes the same strings, only slower.
 */
export interface HostCapabilities {
  /** One UTF-16 unit per byte, 0 to 255. Note that TextDecoder's 'latin1' is windows-1252, which is not this. */
  decodeLatin1?: ((bytes: Uint8Array, start: number, end: number) => string) | undefined
  /** UTF-8 that was validated before: strict, no surrogates. A leading U+FEFF must be kept. */
  decodeUtf8?: ((bytes: Uint8Array, start: number, end: number) => string) | undefined
}

/** The capabilities in force; empty until a host sets them. Read them at the call, never cache them. */
export const host: HostCapabilities = { decodeLatin1: undefined, decodeUtf8: undefined }

/** Installs capabilities; what is not named stays, `undefined` removes. */
export function setHost(capabilities: HostCapabilities): void {
  Object.assign(host, capabilities)
}
