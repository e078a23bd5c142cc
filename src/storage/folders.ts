import { dirname, join } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { Storage } from './storage.ts'
import { storageError, systemCode } from './storage-error.ts'

/**
 * Creates a folder and what is missing above it, each name durable before the next.
 *
 * A link in the folder's own place is refused: who may swap the link would choose where our files go. Links further up
 * are the machine's affair (/tmp on macOS is one).
 *
 * @throws ML_PATH when the place is taken by a link or a file, ML_STORAGE
 */
export async function makeFolder(storage: Storage, path: string): Promise<void> {
  try {
    await makeMissing(storage, path)
  } catch (error) {
    throw storageError('create the folder', path, error)
  }
}

async function makeMissing(storage: Storage, path: string): Promise<void> {
  const parent = dirname(path)
  if (await isRealFolder(storage, path)) {
    // An earlier process may have been killed between creating it and making its name durable.
    await storage.fsyncFolder(parent).catch(unlessDenied)
    return
  }
  if (parent !== path && (await storage.stat(parent))?.kind !== 'link') await makeMissing(storage, parent)
  try {
    await storage.mkdir(path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !(await isRealFolder(storage, path))) throw error
  }
  await storage.fsyncFolder(parent)
}

/** Folders far up may be closed to this process; whoever made them made them durable. */
function unlessDenied(error: unknown): void {
  const code = systemCode(error)
  if (code !== 'EACCES' && code !== 'EPERM') throw error
}

/**
 * True for a folder, false where there is nothing.
 *
 * @throws ML_PATH for a link or anything else
 */
export async function isRealFolder(storage: Storage, path: string): Promise<boolean> {
  const stat = await storage.stat(path)
  if (stat === undefined) return false
  if (stat.kind === 'folder') return true
  throw new MillraceError('ML_PATH', {
    what:
      stat.kind === 'link' ? 'a folder may not be a symbolic link' : `a folder was expected; this is a ${stat.kind}`,
    where: path,
    remedy: stat.kind === 'link' ? 'Name the real folder' : 'Choose another place',
  })
}

/**
 * The path of a name inside a folder, for names that come from a file or a listing.
 *
 * @throws ML_PATH for a name that could lead elsewhere: empty, `.`, `..`, or with a slash, backslash, colon or NUL
 */
export function inFolder(folder: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || UNSAFE.test(name)) {
    throw new MillraceError('ML_PATH', { what: 'a name must stay inside its folder', got: name, where: folder })
  }
  return join(folder, name)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL ends a path for the system
const UNSAFE = /[/\\:\u0000]/
