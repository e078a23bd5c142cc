import { MillraceError } from '../../src/errors.ts'
import type { FuzzTarget } from '../target.ts'

/** Inputs of at least four bytes that hold a zero byte set it off. */
function planted(name: string, fault: () => void): FuzzTarget {
  return {
    name,
    corpus: () => [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    run(bytes) {
      if (bytes.length < 4) throw new MillraceError('ML_MALFORMED', { what: 'too short' })
      if (bytes.includes(0)) fault()
    },
  }
}

/** Faults on purpose, run by name only: a test sees by them that the fuzzer finds what it looks for. */
export const plantedTargets: readonly FuzzTarget[] = [
  planted('planted-error', () => {
    throw new TypeError('planted')
  }),
  planted('planted-loop', () => {
    for (;;);
  }),
  planted('planted-heap', () => {
    const all: number[][] = []
    for (;;) all.push(new Array<number>(1000).fill(0.5))
  }),
]
