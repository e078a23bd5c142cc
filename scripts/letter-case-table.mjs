/**
 * Prints src/formats/letter-case-table.ts from the Unicode data of the Node that runs it:
 * `node scripts/letter-case-table.mjs > src/formats/letter-case-table.ts`. To be run when a newer Unicode version
 * is wanted, which changes what pipelines compute for letters that are new in it.
 */
const lower = []
const upper = []
const special = []
for (let point = 0x80; point < 0x110000; point++) {
  if (point >= 0xd800 && point < 0xe000) continue
  const letter = String.fromCodePoint(point)
  for (const [changed, list] of [
    [letter.toLowerCase(), lower],
    [letter.toUpperCase(), upper],
  ]) {
    if (changed === letter) continue
    if ([...changed].length === 1) list.push([point, changed.codePointAt(0) - point])
    else if (list === upper) special.push(`${letter}${changed}`)
  }
}

/** Letters with one distance to their other case, next to each other (step 1) or with one between (step 2). */
function runs(pairs) {
  const found = []
  let last = 0
  for (let at = 0; at < pairs.length; ) {
    const [point, distance] = pairs[at]
    const length = (step) => {
      let n = 1
      while (pairs[at + n]?.[0] === point + step * n && pairs[at + n][1] === distance) n++
      return n
    }
    const step = length(2) > length(1) ? 2 : 1
    found.push([point - last, length(step) * 2 + step - 1, distance].map((n) => n.toString(36)).join())
    at += length(step)
    last = point
  }
  return found.join(';')
}

const chunks = (text) => text.match(/.{1,100}/gu).map((chunk) => `  '${chunk}',`)
const escaped = special.map((entry) =>
  entry.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
)
const lines = (name, rows) => [`export const ${name} = [`, ...rows, "].join('')", '']
console.log(
  [
    `/** Case mappings of Unicode ${process.versions.unicode}, written by scripts/letter-case-table.mjs. */`,
    '',
    '/** Runs of letters as `distance from the last run, 2 * length + step - 1, distance to the other case`, base 36. */',
    ...lines('lowerRuns', chunks(runs(lower))),
    ...lines('upperRuns', chunks(runs(upper))),
    '/** Letters whose upper case is more than one letter, each followed by it. */',
    `export const upperSpecials =\n  '${escaped.join(' ')}'`,
  ].join('\n'),
)
