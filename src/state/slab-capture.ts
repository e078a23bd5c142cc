import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import type { KeyList } from './key-list.ts'
import { writeSlabGroup } from './slab-format.ts'
import type { SlabPage, SlabPages } from './slab-pages.ts'

/** One group as a capture holds it. */
export interface CapturedGroup {
  readonly keys: KeyList
  readonly pages: readonly SlabPage[]
  /** See `SlabTable.version`. */
  readonly version: number
}

/**
 * A slab table as it was at one moment. The table goes on; what it changes meanwhile it copies first.
 * Release it, as a whole or group by group: until then every first change of a page costs a copy of that page.
 */
export class SlabCapture {
  private readonly groups: (CapturedGroup | undefined)[]
  private readonly pages: SlabPages

  constructor(groups: readonly CapturedGroup[], pages: SlabPages) {
    this.groups = groups.slice()
    this.pages = pages
  }

  /** Appends the group's canonical bytes. About 1 ms a megabyte. */
  writeGroup(group: number, writer: ByteWriter): void {
    const { keys, pages } = this.held(group)
    writeSlabGroup(keys, pages, this.pages, writer)
  }

  /** Keys that the group held. */
  size(group: number): number {
    return this.held(group).keys.size
  }

  /** The group's version at the capture: equal to that of an earlier capture when nothing changed in between. */
  version(group: number): number {
    return this.held(group).version
  }

  /** Lets go of a group whose bytes are written. */
  releaseGroup(group: number): void {
    const held = this.groups[group]
    if (held === undefined) return
    this.groups[group] = undefined
    for (const page of held.pages) this.pages.drop(page)
  }

  /** Lets go of everything still held. */
  release(): void {
    for (let group = 0; group < this.groups.length; group++) this.releaseGroup(group)
  }

  private held(group: number): CapturedGroup {
    const held = this.groups[group]
    if (held !== undefined) return held
    throw new MillraceError('ML_RANGE', { what: 'a captured key group is used before it is released', got: group })
  }
}
