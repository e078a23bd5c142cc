import { describe, expect, test } from 'vitest'
import { moduleNames, tokens } from './tokens.ts'

const words = (source: string): string[] => tokens(source).map((token) => token.text)

describe('tokens', () => {
  test('skip comments and keep strings whole', () => {
    expect(words("a // Date\n/* Date */ + 'it\\'s // b' /* c */")).toEqual(['a', '+', "'it\\'s // b'"])
  })

  test('look into the holes of templates, braces and nested templates included', () => {
    expect(words('`a ${f({ b: `c${d}` })} e`; g')).toEqual([
      'a ${',
      'f',
      '(',
      '{',
      'b',
      ':',
      'c${',
      'd',
      '`',
      '}',
      ')',
      ' e`',
      ';',
      'g',
    ])
  })

  test('tell a regular expression from a division', () => {
    expect(words('a / b / c')).toEqual(['a', '/', 'b', '/', 'c'])
    expect(words('f(/[/"]+/g, x) / 2')).toEqual(['f', '(', '/[/"]+/g', ',', 'x', ')', '/', '2'])
    expect(words("return /'/.test(s)")).toEqual(['return', "/'/", '.', 'test', '(', 's', ')'])
  })

  test('count lines through every kind of token', () => {
    const last = tokens('/*\n\n*/ `\n${a}\n`\n/x/\nend').at(-1)
    expect(last).toEqual({ kind: 'name', text: 'end', line: 7 })
  })

  test('read numbers with their exponents and separators as one', () => {
    expect(words('1_000.5e-3 0xFF_n .5 1..x 10n')).toEqual(['1_000.5e-3', '0xFF_n', '.5', '1.', '.', 'x', '10n'])
  })
})

describe('module names', () => {
  const names = (source: string): string[] => moduleNames(tokens(source)).map((m) => `${m.how} ${m.specifier}`)

  test('are found in every form of import and export, and nowhere else', () => {
    expect(names("import a, { type B } from './a.ts'\nimport type { C } from './c.ts'\nimport './d.ts'")).toEqual([
      'import ./a.ts',
      'type ./c.ts',
      'import ./d.ts',
    ])
    expect(names("export { a } from './a.ts'\nexport * from './b.ts'\nexport type { C } from './c.ts'")).toEqual([
      'import ./a.ts',
      'import ./b.ts',
      'type ./c.ts',
    ])
    expect(
      names("const x = await import('./x.ts')\nexport const y = { from: 'z' }\nexport { y }\nx.import('./no')"),
    ).toEqual(['dynamic ./x.ts'])
    expect(names("// import a from './a.ts'\nconst s = \"import b from './b.ts'\"")).toEqual([])
  })

  test('count a path in a string, by which a worker is started', () => {
    expect(names("new Worker(new URL('./worker.js', import.meta.url))")).toEqual(['path ./worker.js'])
  })
})
