/**
 * The code that reads the cells of some columns, as text.
 *
 * Four bytes at once: a test of all of them leaves the top bit of those that end a run of digits, or of a cell. Branches
 * tell which is the first: a processor foresees them, so no word waits for the length of the text before it.
 */
import { HASH_PRIME } from './byte-index.ts'

export interface QuickColumn {
  readonly kind: 'skipped' | 'number' | 'category' | 'label'
  /** The number of its input among those of its kind. */
  readonly input: number
}

export interface QuickCode {
  readonly delimiter: number
  /** An empty cell means missing. */
  readonly emptyIsNull: boolean
  /** They are the last of a row. */
  readonly last: boolean
}

const LF = 10
const CR = 13
const QUOTE = 34
const MINUS = 45
const DOT = 46
/** So many digits fit an int32. */
const DIGITS = 9

/** The bytes of a word of four. */
const TOP_BITS = 0x80808080 | 0
const IN_FIRST = 0x80
const IN_SECOND = 0x8000
const IN_THIRD = 0x800000
const LOW_BITS = 0x01010101
const ZEROS = 0x30303030
/** Added to a digit's value, it leaves the top bit alone. */
const OVER_NINE = 0x76767676
/** No byte from here to the end of ASCII is special, whichever it is: digits, letters, and most of what stands between. */
const SURELY_PLAIN = 0x2d2d2d2d

/**
 * The body of a function that returns a `ReadCells`: see `QuickRow`. It is one of `labels`, `slots`, `hashOf`, `POWERS`,
 * `NONE` and `next`, which reads the cells after these.
 */
export function readerOfCells(columns: readonly QuickColumn[], code: QuickCode): string {
  const categories = columns.filter(({ kind }) => kind === 'category')
  return `'use strict'
const known = labels.known
${categories.map(({ input }) => `const slots${input} = slots[${input}]`).join('\n')}
const isPlain = (byte) => byte < 128 && byte !== 0 && ${[LF, CR, QUOTE, code.delimiter].map((byte) => `byte !== ${byte}`).join(' && ')}
return (bytes, view, from, x) => {
  const { dense, missing, active } = x
  let absent = x.missingCount
  let count = x.activeCount
  let at = from | 0
  let word = 0
  ${columns.map((column, i) => cellCode(column, code, code.last && i === columns.length - 1)).join('')}
  x.missingCount = absent
  x.activeCount = count
  return ${code.last ? 'at' : 'next(bytes, view, at, x)'}
}`
}

function cellCode(column: QuickColumn, code: QuickCode, last: boolean): string {
  const end = last
    ? `if (bytes[at] === ${CR}) at = (at + 1) | 0\n  if (bytes[at] !== ${LF})`
    : `if (bytes[at] !== ${code.delimiter})`
  return `{
  ${column.kind === 'number' ? numberCode(column.input, code) : textCode(column, code)}
  ${end} return -1
  at = (at + 1) | 0
  }
  `
}

function numberCode(input: number, { emptyIsNull }: QuickCode): string {
  return `const negative = bytes[at] === ${MINUS}
  if (negative) at = (at + 1) | 0
  const first = at
  let point = -1
  let digits = 0
  for (;;) {
    word = view.getInt32(at, true) ^ ${ZEROS}
    const others = (word + ${OVER_NINE}) | word
    if ((others & ${IN_FIRST}) === 0) {
      if ((others & ${IN_SECOND}) !== 0) {
        digits = (Math.imul(digits, 10) + (word & 0xff)) | 0
        at = (at + 1) | 0
      } else if ((others & ${IN_THIRD}) !== 0) {
        digits = (Math.imul(digits, 100) + ((Math.imul(word, 10) + (word >>> 8)) & 0xff)) | 0
        at = (at + 2) | 0
      } else {
        const pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff
        if (others < 0) {
          digits = (Math.imul(digits, 1000) + Math.imul(pairs & 0xff, 10) + ((word >>> 16) & 0xff)) | 0
          at = (at + 3) | 0
        } else {
          digits = (Math.imul(digits, 10000) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff)) | 0
          at = (at + 4) | 0
          continue
        }
      }
    }
    if (bytes[at] !== ${DOT} || point >= 0 || at === first) break
    point = at = (at + 1) | 0
  }
  const scale = point < 0 ? 0 : at - point
  const length = at - first - (point < 0 ? 0 : 1)
  if (length > ${DIGITS} || at === point) return -1
  if (length > 0) {
    const value = scale === 0 ? digits : digits / POWERS[scale]
    dense[${input}] = negative ? -value : value
    missing[${input}] = 0
  } else ${emptyIsNull ? 'if (negative) return -1' : 'return -1'}
  ${emptyIsNull ? `else { dense[${input}] = 0; missing[${input}] = 1; absent++ }` : ''}`
}

/** A cell that is not a number: where it ends, and, unless it is skipped, what it says. */
function textCode({ kind, input }: QuickColumn, { delimiter }: QuickCode): string {
  const hashed = kind === 'skipped' ? () => '' : (code: string) => code
  return `${hashed('const start = at; let hash = 0; let part = 0')}
  for (;;) {
    word = view.getInt32(at, true)
    const apart = word ^ ${Math.imul(delimiter, LOW_BITS)}
    const plain = (word | ${TOP_BITS}) - ${SURELY_PLAIN}
    const ends = word | ~plain | ((apart - ${LOW_BITS}) & ~apart)
    if ((ends & ${TOP_BITS}) === 0) {
      ${hashed(`hash = Math.imul(hash ^ word, ${HASH_PRIME})`)}
      at = (at + 4) | 0
      continue
    }
    if ((ends & ${IN_FIRST}) === 0) {
      if ((ends & ${IN_SECOND}) !== 0) {
        ${hashed('part = word & 0xff')}
        at = (at + 1) | 0
      } else if ((ends & ${IN_THIRD}) !== 0) {
        ${hashed('part = word & 0xffff')}
        at = (at + 2) | 0
      } else {
        ${hashed('part = word & 0xffffff')}
        at = (at + 3) | 0
      }
    }
    ${hashed(`hash = Math.imul(hash ^ part, ${HASH_PRIME})`)}
    break
  }
  // A space, perhaps: no end yet.
  if (isPlain(bytes[at])) {
    while (isPlain(bytes[at])) at = (at + 1) | 0
    ${hashed('hash = hashOf(bytes, start, at)')}
  }
  ${kind === 'category' ? categoryCode(input) : kind === 'label' ? labelCode : ''}`
}

function categoryCode(input: number): string {
  return `const slot = slots${input}.find(bytes, start, at, hash)
  if (slot < 0) return -1
  if (slot !== NONE) active[count++] = slot`
}

const labelCode = `const code = known.find(bytes, start, at, hash)
  if (code >= 0) labels.code = code
  else if (!labels.read(bytes, start, at, false)) return -1`
