/** `[HOST:]PORT`: where to serve. */
import { MillraceError } from '../errors.ts'

export interface HttpAddress {
  readonly host: string
  readonly port: number
}

/**
 * `9464`, `0.0.0.0:9464` or `[::1]:9464`; without a host this machine alone.
 *
 * @throws ML_RANGE for what is none
 */
export function httpAddress(where: string, text: string | undefined): HttpAddress | undefined {
  if (text === undefined) return undefined
  const parts = /^(?:(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):)?(\d{1,5})$/i.exec(text)
  if (parts !== null && Number(parts[3]) <= 65_535) {
    return { host: parts[1] ?? parts[2] ?? '127.0.0.1', port: Number(parts[3]) }
  }
  throw new MillraceError('ML_RANGE', {
    what: 'must be a port, or a host and a port',
    got: text,
    where,
    remedy: 'Write 9464, 0.0.0.0:9464 or [::1]:9464; 0 is any free port',
  })
}
