import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, test } from 'vitest'

/**
 * The data sets beside the repository, too large or not ours to ship. MILLRACE_DATA names another place for them.
 * Tests that need them are skipped, with a line that says so, where the folder is absent, and fail there when CI=true:
 * a build that silently tests less is worse than one that fails.
 */
export const sharedData = process.env.MILLRACE_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))

/** A group of tests that needs some files of the shared data, named as below that folder: `electricity.csv.gz`. */
export function describeWithData(title: string, files: readonly string[], body: () => void): void {
  const missing = files.filter((file) => !existsSync(`${sharedData}/${file}`))
  if (missing.length === 0) {
    describe(title, body)
    return
  }
  const reason = `${missing.join(', ')} not found in ${sharedData}; set MILLRACE_DATA to the folder that has it`
  const absent = (): void => {
    throw new Error(reason)
  }
  // The body is not even collected: it may read its files there.
  if (process.env.CI === 'true') {
    describe(title, () => test('finds its data', absent))
    return
  }
  console.warn(`SKIPPED ${title}: ${reason}`)
  describe.skip(title, () => test(`skipped: ${reason}`, absent))
}

/** The text of a gzipped file of the shared data. */
export function readSharedText(file: string): string {
  return gunzipSync(readFileSync(`${sharedData}/${file}`)).toString('utf8')
}

/** A gzipped CSV file without quotes as columns of text by name. */
export function readSharedColumns(file: string): Record<string, string[]> {
  const [header, ...lines] = readSharedText(file).trimEnd().split('\n')
  const rows = lines.map((line) => line.split(','))
  return Object.fromEntries(header.split(',').map((column, index) => [column, rows.map((row) => row[index])]))
}
