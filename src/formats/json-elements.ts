/** Where the values of a JSON text are: one object, or the elements of an array. */
export interface JsonElements {
  /** Start and end of each value in the bytes, in pairs. */
  readonly bounds: readonly number[]
  /** Why the text as a whole is none of the two; undefined where it is. */
  readonly problem?: string
}

/**
 * Finds the values of a text that is one object or an array, without reading them: what a value holds is for a decoder to judge, and
 * one wrong value need not spoil the others.
 *
 * Takes blanks around values. A line break within a string is a problem of the whole: it would not survive being made a line.
 */
export function jsonElements(bytes: Uint8Array): JsonElements {
  const end = bytes.length
  let at = afterBlanks(bytes, 0)
  if (bytes[at] === OPEN_BRACE) {
    const stop = valueEnd(bytes, at)
    if (stop < 0) return broken('the object does not end')
    return afterBlanks(bytes, stop) === end ? { bounds: [at, stop] } : broken('there is text after the object')
  }
  if (bytes[at] !== OPEN_BRACKET) return broken('the text is neither an object nor an array')
  const bounds: number[] = []
  at = afterBlanks(bytes, at + 1)
  if (bytes[at] === CLOSE_BRACKET) return rest(bytes, at + 1, bounds)
  for (;;) {
    const stop = valueEnd(bytes, at)
    if (stop < 0) return broken('the array does not end')
    if (stop === at) return broken('an element of the array is empty')
    bounds.push(at, stop)
    at = afterBlanks(bytes, stop)
    if (bytes[at] === CLOSE_BRACKET) return rest(bytes, at + 1, bounds)
    if (at === bytes.length) return broken('the array does not end')
    if (bytes[at] !== COMMA) return broken('an element of the array is followed by neither a comma nor its end')
    at = afterBlanks(bytes, at + 1)
  }
}

function rest(bytes: Uint8Array, at: number, bounds: number[]): JsonElements {
  return afterBlanks(bytes, at) === bytes.length ? { bounds } : broken('there is text after the array')
}

/** After the value that begins at `at`: its brackets balanced and its strings closed. -1 where that never comes. */
function valueEnd(bytes: Uint8Array, from: number): number {
  let depth = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = stringEnd(bytes, at)
      if (at < 0) return -1
      if (depth === 0) return at + 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || isBlank(byte))) return at
  }
  return -1
}

/** Where the closing quote is; -1 for none, or for a line break before it. */
function stringEnd(bytes: Uint8Array, quote: number): number {
  for (let at = quote + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
    if (byte === LF || byte === CR) return -1
  }
  return -1
}

function afterBlanks(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isBlank(bytes[at])) at++
  return at
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === LF || byte === CR || byte === 9
}

function broken(problem: string): JsonElements {
  return { bounds: [], problem }
}

const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
