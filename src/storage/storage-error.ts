import { isMillraceError, MillraceError } from '../errors.ts'

/**
 * A failed file operation as an error of ours: what was being done, to which file, the system's code, what helps.
 * An error that is one of ours already passes unchanged, so that wrapping twice does no harm.
 */
export function storageError(what: string, path: string, cause: unknown): MillraceError {
  if (isMillraceError(cause)) return cause as MillraceError
  const code = systemCode(cause)
  return new MillraceError('ML_STORAGE', {
    what: `could not ${what}`,
    got: code ?? (cause instanceof Error ? cause.message : cause),
    where: path,
    remedy: (code === undefined ? undefined : REMEDIES[code]) ?? 'Make the folder usable and start again',
    cause,
  })
}

/** The code of a system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

const DENIED = 'Give this process the right to write there'

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EDQUOT: 'Free space or raise the quota, then start again',
  EIO: 'The disk reported a fault: check it; nothing written since the last checkpoint counts',
  ELOOP: 'A link is in the way: use the real file or folder',
  EMFILE: 'Raise the limit of open files (ulimit -n)',
  ENOENT: 'The file or its folder was removed: do not delete it while the pipeline runs',
  ENOSPC: 'Free space on the disk, then start again',
  ENOTDIR: 'A file is where a folder should be: move it away',
  EROFS: 'The file system is read-only: mount it for writing',
}
