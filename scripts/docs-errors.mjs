/**
 * `npm run docs:errors` writes docs/errors.md from the table in src/errors.ts; with `--check` it writes nothing and fails
 * when the page is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { repository } from './repository.mjs'

const page = join(repository, 'docs/errors.md')
const { code } = await transform(readFileSync(join(repository, 'src/errors.ts'), 'utf8'), { loader: 'ts' })
const { errorTable } = await import(`data:text/javascript,${encodeURIComponent(code)}`)

const rows = Object.entries(errorTable).map(
  ([name, [errorClass, meaning]]) => `| \`${name}\` | ${errorClass} | ${meaning} |`,
)
const text = `# Errors

Every error has a code and says what is wrong, what it got, where, and what to do:

\`\`\`
ML_RANGE: threshold must be > 0; got -3 at operator "latency" (PageHinkley). Choose a positive value in the unit of the input.
\`\`\`

Its class decides what happens next.

| class | what happens |
|---|---|
| programmer | stops before anything runs |
| data | the record goes to the rejected output with its source, position and reason; the run goes on |
| transient | tried again |
| fatal | the run stops and restores from its last checkpoint |

| code | class | meaning |
|---|---|---|
${rows.join('\n')}

Written by \`npm run docs:errors\` from \`src/errors.ts\`.
`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/errors.md is not the table of src/errors.ts: run npm run docs:errors')
  process.exit(1)
}
