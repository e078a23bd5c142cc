import type fc from 'fast-check'

/** One parser under fuzzing: bytes go in, and nothing may come out but a result or a MillraceError. */
export interface FuzzTarget {
  /** For the command line, and the name of a failing input's file. */
  readonly name: string
  /** Valid inputs, from which others are made by mutation. Called once, in the child process. */
  corpus(): readonly Uint8Array[]
  /** Inputs of a shape that mutation would hardly find; drawn anew for each seed. */
  readonly structured?: fc.Arbitrary<Uint8Array>
  /** Pieces that mutation puts in here and there. */
  readonly dictionary?: readonly (string | Uint8Array)[]
  /** Must return, or throw a MillraceError; a plain Error says that a promise of the parser is broken. */
  run(bytes: Uint8Array): void | Promise<void>
  /** Starts what `run` needs, such as a server; stops it at the end. */
  open?(): Promise<void>
  close?(): Promise<void>
}

/** Fails the input: `run` found something that must not be. */
export function broken(what: string): never {
  throw new Error(`broken promise: ${what}`)
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Equal as values, NaN like itself and -0 unlike 0; good for errors, as it shows where two differ. */
export function demandSame(got: unknown, expected: unknown, what: string): void {
  const [a, b] = [plain(got), plain(expected)]
  if (a !== b) broken(`${what}: ${a.slice(0, 300)} is not ${b.slice(0, 300)}`)
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item === 'bigint') return `${item}n`
    if (typeof item === 'number' && !Number.isFinite(item)) return String(item)
    return Object.is(item, -0) ? '-0' : item === undefined ? 'undefined' : item
  })
}
