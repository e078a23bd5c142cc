/**
 * Prints src/features/word-letter-table.ts from the Unicode data of the Node that runs it:
 * `node scripts/word-letter-table.mjs > src/features/word-letter-table.ts`. To be run when a newer Unicode version is
 * wanted, which changes what words a text has where letters are new in it.
 */

/** Code points beyond ASCII that match, as `distance from the end of the last run, length`, base 36. */
function runs(pattern) {
  const found = []
  let end = 0
  for (let point = 0x80; point < 0x110000; point++) {
    if (!pattern.test(String.fromCodePoint(point))) continue
    const start = point
    while (pattern.test(String.fromCodePoint(point + 1))) point++
    found.push(`${(start - end).toString(36)},${(point + 1 - start).toString(36)}`)
    end = point + 1
  }
  return found.join(';')
}

const lines = (name, text) => [
  `export const ${name} = [`,
  ...text.match(/.{1,110}/g).map((chunk) => `  '${chunk}',`),
  "].join('')",
]
console.log(
  [
    `/** What words are made of in Unicode ${process.versions.unicode}, written by scripts/word-letter-table.mjs. */`,
    '',
    '/** Letters and digits of all scripts: runs of `distance from the end of the last run, length`, base 36. */',
    ...lines('letterRuns', runs(/[\p{L}\p{N}]/u)),
    '',
    '/** Accents and other marks, which belong to the letter before them. */',
    ...lines('markRuns', runs(/\p{M}/u)),
  ].join('\n'),
)
