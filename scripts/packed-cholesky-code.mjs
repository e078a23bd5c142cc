/**
 * Prints src/numeric/packed-cholesky-code.ts, assembled from src/numeric/packed-cholesky.wat:
 * `node scripts/packed-cholesky-code.mjs > src/numeric/packed-cholesky-code.ts`. A test holds the two together.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import wabt from 'wabt'
import { repository } from './repository.mjs'

const name = 'packed-cholesky.wat'
const source = readFileSync(join(repository, 'src/numeric', name), 'utf8')
const assembler = await wabt()
const module = assembler.parseWat(name, source, { simd: true })
const hex = Buffer.from(module.toBinary({}).buffer).toString('hex')
console.log(
  [
    `/** WebAssembly of ${name} in hexadecimal digits, written by scripts/packed-cholesky-code.mjs. */`,
    'export const code = [',
    ...hex.match(/.{1,100}/g).map((line) => `  '${line}',`),
    "].join('')",
  ].join('\n'),
)
