import { isMillraceError, MillraceError } from '../../errors.ts'
import { systemCode } from '../../storage/storage-error.ts'

/** A failure while reading a source; an error of ours passes unchanged. */
export function sourceError(what: string, where: string, cause: unknown, remedy?: string): MillraceError {
  if (isMillraceError(cause)) return cause as MillraceError
  return new MillraceError('ML_SOURCE', {
    what: `could not ${what}`,
    got: systemCode(cause) ?? (cause as Error).message,
    where,
    remedy: remedy ?? 'Make the file readable and start again: the run goes on from its last checkpoint',
    cause,
  })
}

/** A split that can no longer hold the offset to resume at. */
export function tooShort(path: string, sizeBytes: number, fromOffset: number): MillraceError {
  return new MillraceError('ML_SOURCE_CHANGED', {
    what: `the checkpoint stands at byte ${fromOffset} of a file that now has ${sizeBytes}`,
    where: path,
    remedy: 'Bring the file back as it was, or start anew with new folders for the output',
  })
}
