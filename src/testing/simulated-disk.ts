import { basename, dirname } from 'node:path'
import type { OpenMode, Storage, StorageFile, StorageStat } from '../storage/storage.ts'

/**
 * A file system in memory that remembers every operation, so that `CrashStates` can say what a power cut at any point
 * may leave behind, and that fails on request.
 *
 * Paths are absolute, with slashes. Operations take effect after `ticks()` turns of the microtask queue, so that a
 * random source shakes the order in which concurrent ones complete, and a buffer changed too early shows.
 */
export class SimulatedDisk implements Storage {
  readonly root: FolderNode
  readonly log: DiskOp[]
  /** Asked before each operation; a code such as 'EIO' makes it fail. A failed fsync loses the unsynced bytes. */
  fault: (op: FaultPoint) => string | undefined = () => undefined
  ticks: () => number = () => 0
  /** Once true, no operation ever ends: the process that uses this object has been killed. */
  killed: () => boolean = () => false
  #clock = 0

  /** Given the root and log of another disk it is the same disk, in the hands of another process. */
  constructor(root: FolderNode = folderNode(), log: DiskOp[] = []) {
    this.root = root
    this.log = log
  }

  async open(path: string, mode: OpenMode): Promise<StorageFile> {
    await this.#pass('open', path)
    const folder = this.#folder(dirname(path))
    const found = folder.entries.get(basename(path))
    if (mode === 'create') {
      if (found !== undefined) throw systemError('EEXIST', path)
      const node = fileNode(++this.#clock)
      folder.entries.set(basename(path), node)
      this.log.push({ kind: 'link', folder, name: basename(path), node })
      return new SimulatedFile(this, path, node)
    }
    if (found === undefined) throw systemError('ENOENT', path)
    if (found.kind !== 'file') throw systemError('EISDIR', path)
    return new SimulatedFile(this, path, found)
  }

  async stat(path: string): Promise<StorageStat | undefined> {
    await this.#pass('stat', path)
    const node = this.#find(path)
    if (node === undefined) return undefined
    if (node.kind === 'folder') return { kind: 'folder', sizeBytes: 0, modifiedMs: 0 }
    return { kind: 'file', sizeBytes: node.bytes.length, modifiedMs: node.modified }
  }

  async readdir(path: string): Promise<string[]> {
    await this.#pass('readdir', path)
    return [...this.#folder(path).entries.keys()].sort()
  }

  async mkdir(path: string): Promise<void> {
    await this.#pass('mkdir', path)
    const folder = this.#folder(dirname(path))
    if (folder.entries.has(basename(path))) throw systemError('EEXIST', path)
    const node = folderNode()
    folder.entries.set(basename(path), node)
    this.log.push({ kind: 'link', folder, name: basename(path), node })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#pass('rename', from)
    const folder = this.#folder(dirname(from))
    if (folder !== this.#folder(dirname(to))) throw new Error('a rename between folders is not simulated')
    const node = folder.entries.get(basename(from))
    if (node === undefined) throw systemError('ENOENT', from)
    folder.entries.delete(basename(from))
    folder.entries.set(basename(to), node)
    this.log.push({ kind: 'rename', folder, name: basename(from), to: basename(to), node })
  }

  async unlink(path: string): Promise<void> {
    await this.#pass('unlink', path)
    if (this.#find(path)?.kind === 'folder') throw systemError('EISDIR', path)
    this.#remove(path)
  }

  async rmdir(path: string): Promise<void> {
    await this.#pass('rmdir', path)
    if (this.#folder(path).entries.size > 0) throw systemError('ENOTEMPTY', path)
    this.#remove(path)
  }

  async touch(path: string): Promise<void> {
    await this.#pass('touch', path)
    const node = this.#find(path)
    if (node?.kind !== 'file') throw systemError('ENOENT', path)
    node.modified = ++this.#clock
  }

  async fsyncFolder(path: string): Promise<void> {
    await this.#pass('fsyncFolder', path)
    this.log.push({ kind: 'fsyncFolder', folder: this.#folder(path) })
  }

  /** Turns an operation on an open file into its effect, or into the failure asked for. */
  async apply<T>(point: FaultPoint, node: FileNode, effect: () => T): Promise<T> {
    try {
      await this.#pass(point.kind, point.path)
    } catch (error) {
      if (point.kind === 'fsync') this.log.push({ kind: 'lose', node })
      throw error
    }
    if (point.kind === 'write' || point.kind === 'truncate') node.modified = ++this.#clock
    return effect()
  }

  async #pass(kind: FaultPoint['kind'], path: string): Promise<void> {
    for (let ticks = this.ticks(); ticks > 0; ticks--) await undefined
    if (this.killed()) await new Promise(() => {})
    const code = this.fault({ kind, path })
    if (code !== undefined) throw systemError(code, path)
  }

  #find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.root
    for (const name of path.split('/').slice(1)) {
      if (name === '') continue
      node = node?.kind === 'folder' ? node.entries.get(name) : undefined
    }
    return node
  }

  #folder(path: string): FolderNode {
    const node = this.#find(path)
    if (node === undefined) throw systemError('ENOENT', path)
    if (node.kind !== 'folder') throw systemError('ENOTDIR', path)
    return node
  }

  #remove(path: string): void {
    const folder = this.#folder(dirname(path))
    if (!folder.entries.delete(basename(path))) throw systemError('ENOENT', path)
    this.log.push({ kind: 'unlink', folder, name: basename(path) })
  }
}

export interface FileNode {
  readonly kind: 'file'
  bytes: Uint8Array
  modified: number
}

export interface FolderNode {
  readonly kind: 'folder'
  readonly entries: Map<string, DiskNode>
}

export type DiskNode = FileNode | FolderNode

/** What was done, with the effect it had: enough to do it again on another copy. */
export type DiskOp =
  | { readonly kind: 'write'; readonly node: FileNode; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly node: FileNode; readonly sizeBytes: number }
  | { readonly kind: 'fsync'; readonly node: FileNode }
  | { readonly kind: 'lose'; readonly node: FileNode }
  | { readonly kind: 'link'; readonly folder: FolderNode; readonly name: string; readonly node: DiskNode }
  | { readonly kind: 'unlink'; readonly folder: FolderNode; readonly name: string }
  | {
      readonly kind: 'rename'
      readonly folder: FolderNode
      readonly name: string
      readonly to: string
      readonly node: DiskNode
    }
  | { readonly kind: 'fsyncFolder'; readonly folder: FolderNode }

export interface FaultPoint {
  readonly kind: Exclude<keyof Storage, 'prototype'> | 'read' | 'write' | 'truncate' | 'fsync' | 'close'
  readonly path: string
}

export function fileNode(modified: number, bytes: Uint8Array = new Uint8Array(0)): FileNode {
  return { kind: 'file', bytes, modified }
}

export function folderNode(): FolderNode {
  return { kind: 'folder', entries: new Map() }
}

/** The bytes of a file after a write; a gap before it reads as zeros. */
export function written(old: Uint8Array, position: number, bytes: Uint8Array): Uint8Array {
  const size = Math.max(old.length, position + bytes.length)
  const result = size === old.length ? old.slice() : resized(old, size)
  result.set(bytes, position)
  return result
}

export function resized(old: Uint8Array, sizeBytes: number): Uint8Array {
  const result = new Uint8Array(sizeBytes)
  result.set(old.subarray(0, sizeBytes))
  return result
}

class SimulatedFile implements StorageFile {
  readonly #disk: SimulatedDisk
  readonly #path: string
  readonly #node: FileNode
  #closed = false

  constructor(disk: SimulatedDisk, path: string, node: FileNode) {
    this.#disk = disk
    this.#path = path
    this.#node = node
  }

  async size(): Promise<number> {
    return this.#node.bytes.length
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#apply('read', () => {
      const found = this.#node.bytes.subarray(position, position + target.length)
      target.set(found)
      return found.length
    })
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#apply('write', () => {
      this.#node.bytes = written(this.#node.bytes, position, bytes)
      this.#disk.log.push({ kind: 'write', node: this.#node, position, bytes: new Uint8Array(bytes) })
    })
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#apply('truncate', () => {
      this.#node.bytes = resized(this.#node.bytes, sizeBytes)
      this.#disk.log.push({ kind: 'truncate', node: this.#node, sizeBytes })
    })
  }

  /** Not poisoned by a failure, so that a caller who tries again is told it worked, as Linux does. */
  fsync(): Promise<void> {
    return this.#apply('fsync', () => void this.#disk.log.push({ kind: 'fsync', node: this.#node }))
  }

  async close(): Promise<void> {
    await this.#apply('close', () => {})
    this.#closed = true
  }

  #apply<T>(kind: FaultPoint['kind'], effect: () => T): Promise<T> {
    if (this.#closed) throw systemError('EBADF', this.#path)
    return this.#disk.apply({ kind, path: this.#path }, this.#node, effect)
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
