import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { systemCode } from '../../storage/storage-error.ts'
import { fitsPattern } from './name-pattern.ts'
import { sourceError } from './source-error.ts'

/** Bytes at the beginning of a file that tell it from others. */
export const HEAD_BYTES = 256

/** One generation of a file that is rotated. */
export interface Generation {
  /** The file's name, inode, birth and a fingerprint of its first line: the same wherever it is renamed to. */
  readonly id: string
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** Microseconds since the epoch; 0 where the file system does not know. */
  readonly bornUs: number
  readonly isCurrent: boolean
}

/** What a look at the folder showed. */
export interface Sighting {
  /** From the oldest to the current one. */
  readonly generations: readonly Generation[]
  /** When the file under the declared name was born; undefined: there is none. It need not have a whole line yet. */
  readonly currentBornUs: number | undefined
  /** Birth of the oldest rotated file that has bytes, no whole line, and may still get one. */
  readonly unsettledBornUs: number | undefined
  /** Names of rotated files that are younger than the current one: copies. */
  readonly copies: readonly string[]
  /** Names of compressed ones. */
  readonly compressed: readonly string[]
  /** Names in the folder. */
  readonly names: readonly string[]
}

export interface GenerationOptions {
  readonly path: string
  /** Patterns of rotated names; undefined: the usual ones. */
  readonly rotated: readonly string[] | undefined
  /** Lines that the fingerprint covers, as far as they are within HEAD_BYTES. */
  readonly headLines: number
  /** Quiet for as long, a rotated file is taken as it is. */
  readonly quietMs: number
}

/** Looks for the generations of a file. @throws ML_SOURCE, or what `readdir` says of a folder that is not there */
export async function lookForGenerations(options: GenerationOptions): Promise<Sighting> {
  const { path } = options
  const base = basename(path)
  const names = await readdir(dirname(path))
  const rotated = names.filter((name) => isRotated(name, base, options.rotated))
  const seen = new Set<string>()
  const generations: Generation[] = []
  const compressed: string[] = []
  let currentBornUs: number | undefined
  let unsettledBornUs: number | undefined
  for (const name of [base, ...rotated]) {
    const file = await headOf(join(dirname(path), name))
    // One file under two names is one.
    if (file === undefined || seen.has(file.inode)) continue
    seen.add(file.inode)
    const isCurrent = name === base
    if (isCurrent) currentBornUs = file.bornUs
    if (isGzip(file.head)) {
      compressed.push(name)
      continue
    }
    const isQuiet = !isCurrent && Date.now() - file.modifiedMs >= options.quietMs
    const length = fingerprinted(file.head, options.headLines) ?? (isQuiet ? file.head.length : 0)
    if (length > 0) generations.push({ ...file, id: idOf(base, file, length), isCurrent })
    else if (file.head.length > 0 && !isCurrent) unsettledBornUs = Math.min(unsettledBornUs ?? file.bornUs, file.bornUs)
  }
  const isCopy = ({ bornUs, isCurrent }: Generation) => !isCurrent && bornUs > (currentBornUs ?? bornUs)
  generations.sort(
    (a, b) => a.bornUs - b.bornUs || Number(a.isCurrent) - Number(b.isCurrent) || a.modifiedMs - b.modifiedMs,
  )
  return {
    generations: generations.filter((generation) => !isCopy(generation)),
    currentBornUs,
    unsettledBornUs,
    copies: generations.filter(isCopy).map((generation) => basename(generation.path)),
    compressed,
    names,
  }
}

/** Opens a generation where it was seen; undefined when another file has its name by now. */
export async function openGeneration({ path, id }: Generation): Promise<FileHandle | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw sourceError('open the file', path, error)
  }
  const { ino, birthtimeNs } = await handle.stat({ bigint: true })
  if (id.includes(`@${placeOf(ino, birthtimeNs)}-`)) return handle
  await handle.close()
  return undefined
}

/** The name, and what follows it beginning with a digit: at its end, or before its extension. */
function isRotated(name: string, base: string, patterns: readonly string[] | undefined): boolean {
  if (name === base) return false
  if (patterns !== undefined) return patterns.some((pattern) => fitsPattern(name, pattern))
  if (name.startsWith(base)) return /^[._-][0-9]/.test(name.slice(base.length))
  const extension = extname(base)
  const stem = base.slice(0, base.length - extension.length)
  if (extension === '' || !name.startsWith(stem) || !name.includes(extension, stem.length)) return false
  return /^[._-][0-9]/.test(name.slice(stem.length))
}

interface FileHead {
  readonly path: string
  readonly inode: string
  readonly place: string
  readonly bornUs: number
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly head: Uint8Array
}

async function headOf(path: string): Promise<FileHead | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const stat = await handle.stat({ bigint: true })
    if (!stat.isFile()) return undefined
    const head = await readHead(handle)
    return {
      path,
      inode: `${stat.dev}:${stat.ino}`,
      place: placeOf(stat.ino, stat.birthtimeNs),
      bornUs: Number(stat.birthtimeNs / 1000n),
      sizeBytes: Number(stat.size),
      modifiedMs: Number(stat.mtimeMs),
      head,
    }
  } catch (error) {
    // Renamed or removed since the folder was listed.
    if (systemCode(error) === 'ENOENT') return undefined
    throw sourceError('look at the file', path, error)
  } finally {
    await handle?.close()
  }
}

/** The first bytes of a file, as many as there are. */
export async function readHead(handle: FileHandle, sizeBytes = HEAD_BYTES): Promise<Uint8Array> {
  const head = new Uint8Array(sizeBytes)
  const { bytesRead } = await handle.read(head, 0, sizeBytes, 0)
  return head.subarray(0, bytesRead)
}

/** How much of the head is there for good: whole lines, or all of it; undefined: not enough yet. */
function fingerprinted(head: Uint8Array, lines: number): number | undefined {
  let end = 0
  for (let left = lines; left > 0; left--) {
    const at = head.indexOf(LINE_FEED, end)
    if (at < 0) return head.length === HEAD_BYTES ? HEAD_BYTES : undefined
    end = at + 1
  }
  return end
}

export const LINE_FEED = 10

function placeOf(inode: bigint, birthtimeNs: bigint): string {
  return `${inode.toString(36)}-${(birthtimeNs / 1000n).toString(36)}`
}

function idOf(base: string, { place, head }: FileHead, length: number): string {
  const fingerprint = createHash('sha256').update(head.subarray(0, length)).digest('hex').slice(0, 12)
  return `${base}@${place}-${fingerprint}`
}

/** When a generation was born, by its id. */
export function bornUsOf(id: string): number {
  return Number.parseInt(/-([0-9a-z]+)-[0-9a-f]+$/.exec(id)?.[1] ?? '0', 36)
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8
}
