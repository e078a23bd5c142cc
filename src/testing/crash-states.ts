import {
  type DiskNode,
  type DiskOp,
  type FileNode,
  type FolderNode,
  fileNode,
  folderNode,
  resized,
  written,
} from './simulated-disk.ts'

/**
 * What a disk may hold after a power cut, walking through the log of a `SimulatedDisk` operation by operation.
 *
 * At each point every operation that no fsync covers may have reached the disk or not, in any combination: writes
 * dropped, torn at a sector of 512 bytes, or with their size but zeros for their bytes; names created, renamed and
 * removed, or not. What an fsync covers is there.
 */
export class CrashStates {
  readonly #root: FolderNode
  readonly #files = new Map<FileNode, { durable: Uint8Array; pending: DataOp[] }>()
  readonly #folders = new Map<FolderNode, { durable: Map<string, DiskNode>; pending: NameOp[] }>()

  /** `root` is the disk's root folder; what it holds at this moment is durable, the log is to follow from here. */
  constructor(root: FolderNode) {
    this.#root = root
    this.#adopt(root)
  }

  /** Takes one more operation of the log into account. */
  advance(op: DiskOp): void {
    if (op.kind === 'write' || op.kind === 'truncate') this.#file(op.node).pending.push(op)
    else if (op.kind === 'link' || op.kind === 'unlink' || op.kind === 'rename')
      this.#folder(op.folder).pending.push(op)
    else if (op.kind === 'fsync') {
      const file = this.#file(op.node)
      file.durable = file.pending.reduce((bytes, each) => withData(bytes, each, 'kept'), file.durable)
      file.pending = []
    } else if (op.kind === 'lose') this.#file(op.node).pending = []
    else if (op.kind === 'fsyncFolder') {
      const folder = this.#folder(op.folder)
      for (const each of folder.pending) applyName(folder.durable, each)
      folder.pending = []
    }
  }

  /** Operations that a cut at this point may undo. */
  get pending(): number {
    return this.#pending().length
  }

  /**
   * The states of a cut at this point: nothing unsynced kept, all kept, only names, only bytes, sizes without bytes,
   * each operation alone kept or missing, the last write torn, and `samples` random combinations. None twice.
   */
  *states(random: () => number, samples: number): Generator<FolderNode> {
    const pending = this.#pending()
    const seen = new Set<string>()
    for (const fates of choices(pending, random, samples)) {
      const key = fates.join()
      if (seen.has(key)) continue
      seen.add(key)
      yield this.#image(new Map(pending.map((op, i) => [op, fates[i]])))
    }
  }

  #pending(): (DataOp | NameOp)[] {
    const all: (DataOp | NameOp)[] = []
    for (const { pending } of this.#folders.values()) all.push(...pending)
    for (const { pending } of this.#files.values()) all.push(...pending)
    return all
  }

  #image(fates: ReadonlyMap<DataOp | NameOp, Fate>): FolderNode {
    const copies = new Map<FileNode, FileNode>()
    const copyFile = (node: FileNode): FileNode => {
      const { durable, pending } = this.#file(node)
      const bytes = pending.reduce((old, op) => withData(old, op, fates.get(op) ?? 'dropped'), durable)
      return fileNode(0, bytes.slice())
    }
    const copy = (node: FolderNode): FolderNode => {
      const { durable, pending } = this.#folder(node)
      const names = new Map(durable)
      for (const op of pending) if (fates.get(op) !== 'dropped') applyName(names, op)
      const result = folderNode()
      for (const [name, child] of names) {
        if (child.kind === 'folder') result.entries.set(name, copy(child))
        else {
          const file = copies.get(child) ?? copyFile(child)
          copies.set(child, file)
          result.entries.set(name, file)
        }
      }
      return result
    }
    return copy(this.#root)
  }

  #adopt(node: FolderNode): void {
    this.#folders.set(node, { durable: new Map(node.entries), pending: [] })
    for (const child of node.entries.values()) {
      if (child.kind === 'folder') this.#adopt(child)
      else this.#files.set(child, { durable: child.bytes, pending: [] })
    }
  }

  #file(node: FileNode) {
    let file = this.#files.get(node)
    if (file === undefined) this.#files.set(node, (file = { durable: new Uint8Array(0), pending: [] }))
    return file
  }

  #folder(node: FolderNode) {
    let folder = this.#folders.get(node)
    if (folder === undefined) this.#folders.set(node, (folder = { durable: new Map(), pending: [] }))
    return folder
  }
}

type DataOp = Extract<DiskOp, { kind: 'write' | 'truncate' }>
type NameOp = Extract<DiskOp, { kind: 'link' | 'unlink' | 'rename' }>
/** A number: only that many sectors of the write arrived. */
type Fate = 'kept' | 'dropped' | 'zeros' | number

const SECTOR_BYTES = 512

function* choices(pending: readonly DiskOp[], random: () => number, samples: number): Generator<Fate[]> {
  const each = (fate: (op: DiskOp, i: number) => Fate) => pending.map(fate)
  const isData = (op: DiskOp) => op.kind === 'write' || op.kind === 'truncate'
  yield each(() => 'dropped')
  yield each(() => 'kept')
  yield each((op) => (isData(op) ? 'dropped' : 'kept'))
  yield each((op) => (isData(op) ? 'kept' : 'dropped'))
  yield each((op) => (op.kind === 'write' ? 'zeros' : 'kept'))
  for (let one = 0; one < pending.length; one++) {
    yield each((_, i) => (i === one ? 'dropped' : 'kept'))
    yield each((_, i) => (i === one ? 'kept' : 'dropped'))
  }
  for (let one = 0; one < pending.length; one++) {
    const op = pending[one]
    if (op.kind !== 'write') continue
    const sectors = Math.ceil(op.bytes.length / SECTOR_BYTES)
    yield each((_, i) => (i === one ? Math.floor(random() * sectors) : 'kept'))
  }
  const fates: Fate[] = ['kept', 'kept', 'dropped', 'dropped', 'zeros', 1]
  for (let n = 0; n < samples; n++) yield each(() => fates[Math.floor(random() * fates.length)])
}

function withData(bytes: Uint8Array, op: DataOp, fate: Fate): Uint8Array {
  if (fate === 'dropped') return bytes
  if (op.kind === 'truncate') return resized(bytes, op.sizeBytes)
  if (fate === 'kept') return written(bytes, op.position, op.bytes)
  const arrived = fate === 'zeros' ? 0 : Math.min(op.bytes.length, toSector(op.position, fate))
  const grown = resized(bytes, Math.max(bytes.length, op.position + (fate === 'zeros' ? op.bytes.length : arrived)))
  return written(grown, op.position, op.bytes.subarray(0, arrived))
}

/** Bytes of a write at `position` up to the end of its `sectors`-th sector on the disk. */
function toSector(position: number, sectors: number): number {
  return sectors === 0 ? 0 : sectors * SECTOR_BYTES - (position % SECTOR_BYTES)
}

function applyName(names: Map<string, DiskNode>, op: NameOp): void {
  if (op.kind === 'link') {
    names.set(op.name, op.node)
    return
  }
  names.delete(op.name)
  if (op.kind === 'rename') names.set(op.to, op.node)
}
