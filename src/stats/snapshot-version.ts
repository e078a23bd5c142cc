import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'

/**
 * Reads the version byte that every snapshot of this room begins with.
 *
 * @throws ML_VERSION when it is newer than `newest`, ML_CORRUPT when it is 0
 */
export function readVersion(reader: ByteReader, newest: number, what: string): number {
  const where = reader.place
  const version = reader.u8()
  if (version === 0) reader.fail(`${what} begins with its version`)
  if (version <= newest) return version
  throw new MillraceError('ML_VERSION', {
    what: `${what} is stored as version ${version}, expected ${newest} or older`,
    where,
    remedy: 'Restore with the version of Millrace that wrote it, or a newer one',
  })
}
