import type { Counts } from '../operators/counts.ts'
import type { RunResult } from './run-result.ts'
import { joined } from './run-result.ts'

/**
 * How two runs of a pipeline differ, as sentences; none when they are the same.
 *
 * In event-time order the parts of every sink and the state of every operator and key group must be the same bytes. In
 * order of arrival sinks must hold the same rows. Counts must be the same in both.
 */
export function differences(expected: RunResult, actual: RunResult): string[] {
  const ordered = expected.plan.order === 'eventTime'
  return [
    ...sinkDifferences(expected, actual, ordered),
    ...(ordered ? stateDifferences(expected, actual) : []),
    ...countDifferences('source', expected.ledgers.sources, actual.ledgers.sources),
    ...countDifferences('operator', expected.ledgers.operators, actual.ledgers.operators),
  ]
}

/** Ledgers that do not balance, as sentences. */
export function unbalanced({ plan, ledgers }: RunResult): string[] {
  const found: string[] = []
  const balance = (where: string, counts: Counts, whole: string, parts: readonly string[]): void => {
    const sum = parts.reduce((total, part) => total + (counts[part] ?? 0), 0)
    if (counts[whole] !== sum) found.push(`${where}: ${whole} ${counts[whole]} is not ${parts.join(' + ')} = ${sum}`)
  }
  for (const [uid, counts] of Object.entries(ledgers.sources)) {
    balance(`source "${uid}"`, counts, 'in', ['processed', 'rejected', 'late'])
  }
  for (const [uid, counts] of Object.entries(ledgers.operators)) {
    const where = `operator "${uid}"`
    balance(where, counts, 'in', ['processed', 'rejected'])
    if (counts.predictions === undefined) continue
    balance(where, counts, 'predictions', ['labelled', 'expired', 'waiting'])
    balance(where, counts, 'labels', ['learned', 'duplicate', 'conflicting', 'unmatched', 'refused', 'early'])
  }
  for (const { uid } of plan.operators)
    if (ledgers.operators[uid] === undefined) found.push(`operator "${uid}" has no ledger`)
  return found
}

function sinkDifferences(expected: RunResult, actual: RunResult, ordered: boolean): string[] {
  const found: string[] = []
  for (const [uid, parts] of expected.sinks) {
    const other = actual.sinks.get(uid)
    if (other === undefined) found.push(`sink "${uid}" is missing`)
    else if (!ordered) {
      if (sortedLines(parts).join('\n') !== sortedLines(other).join('\n')) found.push(`sink "${uid}" holds other rows`)
    } else if (!sameBytes(joined(parts), joined(other)))
      found.push(`sink "${uid}" ${firstDifference(joined(parts), joined(other))}`)
    else if (parts.map(({ length }) => length).join() !== other.map(({ length }) => length).join()) {
      found.push(`sink "${uid}" has the same bytes in other parts: ${lengths(parts)} expected, ${lengths(other)} found`)
    }
  }
  return found
}

/** Lanes count for themselves, so what they keep is compared by its sum: the ledgers. */
function stateDifferences(expected: RunResult, actual: RunResult): string[] {
  const found: string[] = []
  const lanes = expected.plan.stages
    .filter(({ partitioning }) => partitioning === 'forward')
    .flatMap(({ operators }) => operators)
  for (const place of new Set([...expected.snapshot.keys(), ...actual.snapshot.keys()])) {
    if (lanes.includes(place.slice(0, place.lastIndexOf('/')))) continue
    const [before, now] = [expected.snapshot.get(place), actual.snapshot.get(place)]
    if (before === undefined || now === undefined)
      found.push(`state of ${place} is only in ${before ? 'the first' : 'the second'}`)
    else if (!sameBytes(before, now)) found.push(`state of ${place} ${firstDifference(before, now)}`)
  }
  return found
}

function countDifferences(
  what: string,
  expected: { [uid: string]: Counts },
  actual: { [uid: string]: Counts },
): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((uid) => {
    const [before, now] = [expected, actual].map((counts) => JSON.stringify(sorted(counts[uid] ?? {})))
    return before === now ? [] : [`counts of ${what} "${uid}": ${before} expected, ${now} found`]
  })
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function firstDifference(expected: Uint8Array, actual: Uint8Array): string {
  let at = 0
  while (at < expected.length && expected[at] === actual[at]) at++
  const show = (bytes: Uint8Array) =>
    JSON.stringify(Buffer.from(bytes.subarray(Math.max(0, at - 60), at + 60)).toString('latin1'))
  return `differs at byte ${at} (${expected.length} and ${actual.length} bytes): ${show(expected)} expected, ${show(actual)} found`
}

function lengths(parts: readonly Uint8Array[]): string {
  return parts.map(({ length }) => length).join(' + ')
}

function sortedLines(parts: readonly Uint8Array[]): string[] {
  return Buffer.from(joined(parts)).toString('latin1').split('\n').sort()
}
