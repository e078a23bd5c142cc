/**
 * Prints what is assembled from a .wat file as the module of its code:
 * `node scripts/wasm-code.mjs src/numeric/packed-cholesky > src/numeric/packed-cholesky-code.ts`. Tests hold the two together.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import wabt from 'wabt'
import { repository } from './repository.mjs'

const path = `${process.argv[2]}.wat`
const source = readFileSync(join(repository, path), 'utf8')
const assembler = await wabt()
const module = assembler.parseWat(path, source, { simd: true, threads: true })
const hex = Buffer.from(module.toBinary({}).buffer).toString('hex')
console.log(
  [
    `/** WebAssembly of ${basename(path)} in hexadecimal digits, written by scripts/wasm-code.mjs. */`,
    'export const code = [',
    ...hex.match(/.{1,100}/g).map((line) => `  '${line}',`),
    "].join('')",
  ].join('\n'),
)
