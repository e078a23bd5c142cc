import { basename, dirname, resolve } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { ReadableFile, ReadableStorage } from '../../storage/storage.ts'
import { systemCode } from '../../storage/storage-error.ts'
import type { ConnectorContext, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'
import { GzipReader } from './gzip-reader.ts'
import { PlainReader } from './plain-reader.ts'
import { sourceError, tooShort } from './source-error.ts'

/**
 * Reads files: each path is a split, named by the path as it was declared. Gzip is told by its first bytes, not by the
 * name. Offsets are of the uncompressed bytes.
 *
 * Voids exactly once: replacing a file, or changing what was read of it, between two runs. That a file has become too
 * short to resume in is noticed.
 */
export class FileSource implements SourceConnector {
  readonly kind = 'file'
  readonly #storage: ReadableStorage

  constructor(storage: ReadableStorage = nodeStorage) {
    this.#storage = storage
  }

  /** @throws ML_NO_FILE naming the nearest names there are, ML_SOURCE */
  async splits(context: ConnectorContext): Promise<readonly Split[]> {
    const splits: Split[] = []
    for (const id of context.options.paths as readonly string[]) {
      const { file, sizeBytes, gzip } = await this.#open(context, id)
      await file.close()
      splits.push(gzip ? { id } : { id, sizeBytes })
    }
    return splits
  }

  /** @throws ML_SOURCE_CHANGED when the file is shorter than the offset, ML_NO_FILE, ML_SOURCE */
  async open(context: ConnectorContext, split: Split, fromOffset: number): Promise<SplitReader> {
    const { file, path, sizeBytes, gzip } = await this.#open(context, split.id)
    const compressed = new PlainReader(file, path, sizeBytes, gzip ? 0 : fromOffset)
    try {
      if (gzip) return await GzipReader.open(compressed, path, fromOffset)
      if (fromOffset > sizeBytes) throw tooShort(path, sizeBytes, fromOffset)
      return compressed
    } catch (error) {
      await compressed.close()
      throw error
    }
  }

  async #open({ base, uid }: ConnectorContext, id: string): Promise<OpenFile> {
    const path = resolve(base, id)
    const place = `${path} (source "${uid}")`
    let file: ReadableFile
    try {
      const kind = (await this.#storage.stat(path))?.kind
      if (kind === undefined) throw await this.#noFile(path, uid)
      if (kind === 'folder' || kind === 'other') {
        throw new MillraceError('ML_SOURCE', {
          what: kind === 'folder' ? 'a file was expected; this is a folder' : 'only regular files can be resumed in',
          where: place,
          remedy: 'Name the files',
        })
      }
      file = await this.#storage.open(path, 'read')
    } catch (error) {
      // A link whose target is gone exists itself.
      throw systemCode(error) === 'ENOENT' ? await this.#noFile(path, uid) : sourceError('open the file', place, error)
    }
    try {
      const magic = new Uint8Array(GZIP_MAGIC.length)
      const gzip = (await file.read(magic, 0)) === magic.length && GZIP_MAGIC.every((byte, i) => magic[i] === byte)
      return { file, path, sizeBytes: await file.size(), gzip }
    } catch (error) {
      await file.close()
      throw sourceError('read the file', place, error)
    }
  }

  async #noFile(path: string, uid: string): Promise<MillraceError> {
    const names = await this.#storage.readdir(dirname(path)).catch(() => undefined)
    return new MillraceError('ML_NO_FILE', {
      what: 'there is no such file',
      where: `${path} (source "${uid}")`,
      remedy:
        names === undefined ? `The folder ${dirname(path)} does not exist either` : remedyFor(basename(path), names),
    })
  }
}

/** @param names what the folder holds */
function remedyFor(missing: string, names: readonly string[]): string {
  if (names.includes(missing)) return 'It is a link, and what it names is gone'
  const near = nearestName(missing, names)
  return near === undefined ? 'Relative paths count from the base folder' : `Did you mean ${near}`
}

interface OpenFile {
  readonly file: ReadableFile
  readonly path: string
  readonly sizeBytes: number
  readonly gzip: boolean
}

/** The two identification bytes and the only compression method there is (RFC 1952). */
const GZIP_MAGIC = [0x1f, 0x8b, 8]
