import { resolve } from 'node:path'
import type { JobContext, KnownSplit, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'
import { FileSource } from './source.ts'
import { WatchedFolder } from './watched-folder.ts'

/** Reads each file that appears in a folder; see `watch`. A split is a file, in a phase of its own. */
export class WatchSource implements SourceConnector {
  readonly kind = 'watch'
  readonly #folders = new Map<string, WatchedFolder>()
  readonly #files = new FileSource()

  /** @throws ML_NO_FILE when the folder is missing, ML_SOURCE_CHANGED when a file is gone that was being read, ML_SOURCE */
  async splits(context: JobContext, known?: ReadonlyMap<string, KnownSplit>): Promise<readonly Split[]> {
    return await this.#folder(context).splits(known, context.warn)
  }

  /** @throws ML_SOURCE_CHANGED when the file is shorter than the offset, ML_NO_FILE, ML_SOURCE */
  async open(context: JobContext, split: Split, fromOffset: number): Promise<SplitReader> {
    const folder = this.#folder(context)
    await folder.opened(split.id)
    const name = folder.nameOf(split.id)
    return await this.#files.open({ ...context, base: folder.path }, { id: name }, fromOffset)
  }

  #folder({ uid, options, base }: JobContext): WatchedFolder {
    const path = resolve(base, options.folder as string)
    const key = `${uid}\n${path}`
    const folder =
      this.#folders.get(key) ??
      new WatchedFolder({
        path,
        uid,
        patterns: options.pattern as readonly string[],
        byTime: options.order === 'modified',
        settleMs: options.settleMs as number,
        bounded: options.bounded as boolean,
      })
    this.#folders.set(key, folder)
    return folder
  }
}
