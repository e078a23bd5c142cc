import { MillraceError } from '../../errors.ts'
import { hybridId, hybridPart } from '../../stage/hybrid-part.ts'
import type { JobContext, JsonObject, KnownSplit, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'

/** Phases of a part: more than any source counts. */
const PHASES = 2 ** 32

interface Part {
  readonly index: number
  readonly isLast: boolean
  readonly connector: SourceConnector
  /** Its uid is that of the source and the number of the part: two parts of one kind are two sources to their connector. */
  readonly context: JobContext
}

/**
 * Several sources as one, part after part; see `hybrid`. It reads through the connectors of its parts, and puts the splits of
 * each part into phases after those of the part before.
 *
 * All parts are asked for their splits when the source first starts. A part before the last is not asked again once it has been
 * read: its files may be gone by then.
 */
export class HybridSource implements SourceConnector {
  readonly kind = 'hybrid'
  readonly #table: readonly SourceConnector[]
  /** What parts before the last listed, by source and part, as long as a job runs. */
  readonly #listed = new Map<string, readonly Split[]>()

  /** @param table the connectors that parts may have */
  constructor(table: readonly SourceConnector[]) {
    this.#table = table
  }

  /** @throws ML_PLAN for a part without connector; what the parts throw */
  async splits(context: JobContext, known?: ReadonlyMap<string, KnownSplit>): Promise<readonly Split[]> {
    const all: Split[] = []
    for (const part of this.#parts(context)) {
      const own = known === undefined ? undefined : ofPart(known, part.index)
      for (const split of await this.#splitsOf(part, own)) {
        const phase = part.index * PHASES + (split.phase ?? 0)
        all.push({ ...split, id: hybridId({ part: part.index, id: split.id }), phase })
      }
    }
    return all
  }

  async open(context: JobContext, split: Split, fromOffset: number): Promise<SplitReader> {
    const { part: index, id } = hybridPart(split.id)
    const part = this.#parts(context)[index]
    return await part.connector.open(part.context, { ...split, id }, fromOffset)
  }

  async covered(context: JobContext, offsets: ReadonlyMap<string, number>): Promise<void> {
    for (const { index, connector, context: own } of this.#parts(context)) {
      const covered = ofPart(offsets, index)
      if (covered.size > 0) await connector.covered?.(own, covered)
    }
  }

  async close(context: JobContext, again?: boolean): Promise<void> {
    for (const part of this.#parts(context)) {
      this.#listed.delete(keyOf(part))
      await part.connector.close?.(part.context, again)
    }
  }

  async #splitsOf(part: Part, known: ReadonlyMap<string, KnownSplit> | undefined): Promise<readonly Split[]> {
    const { connector, context, isLast } = part
    if (isLast || known === undefined) return await connector.splits(context, known)
    if (known.size > 0 && [...known.values()].every(({ finished }) => finished))
      return [...known.keys()].map((id) => ({ id }))
    const listed = this.#listed.get(keyOf(part)) ?? (await connector.splits(context, known))
    this.#listed.set(keyOf(part), listed)
    return listed
  }

  #parts(context: JobContext): readonly Part[] {
    const parts = context.options.parts as unknown as readonly { kind: string; options: JsonObject }[]
    return parts.map(({ kind, options }, index) => {
      const connector = this.#table.find((candidate) => candidate.kind === kind)
      if (connector !== undefined) {
        return {
          index,
          isLast: index === parts.length - 1,
          connector,
          context: { ...context, uid: `${context.uid}/${index}`, options },
        }
      }
      throw new MillraceError('ML_PLAN', {
        what: `this engine has no source connector "${kind}"`,
        where: `part ${index + 1} of source "${context.uid}"`,
        remedy: `It has: ${this.#table.map((candidate) => candidate.kind).join(', ')}`,
      })
    })
  }
}

function keyOf({ context, index }: Part): string {
  return `${context.uid}\n${index}`
}

function ofPart<V>(all: ReadonlyMap<string, V>, part: number): ReadonlyMap<string, V> {
  const own = [...all].flatMap(([split, value]) => {
    const place = hybridPart(split)
    return place.part === part ? [[place.id, value] as const] : []
  })
  return new Map(own)
}
