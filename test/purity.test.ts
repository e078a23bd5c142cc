import { describe, expect, test } from 'vitest'
import { impurities } from './purity-rules.ts'
import { pureFiles } from './rooms.ts'
import { sourceFiles } from './source-files.ts'
import { tokens } from './tokens.ts'

describe('the pure rooms', () => {
  test('use nothing that a bare V8 lacks or that differs between machines', () => {
    const found = pureFiles(sourceFiles()).flatMap((file) =>
      impurities(file.code).map(({ line, what, instead }) => `${file.path}:${line} ${what}: ${instead}`),
    )
    expect(found).toEqual([])
  })
})

describe('the check of purity', () => {
  const found = (source: string): string[] => impurities(tokens(source)).map(({ what }) => what)

  test.each([
    'Date',
    'Intl',
    'Buffer',
    'TextEncoder',
    'TextDecoder',
    'structuredClone',
    'setTimeout',
    'queueMicrotask',
    'globalThis',
  ])('bans %s as a global, and leaves members and properties of that name alone', (banned) => {
    expect(found(`x = ${banned}.now(1)`)).toEqual([banned])
    expect(found(`x = y ? ${banned} : 0`)).toEqual([banned])
    expect(found(`x.${banned}; y = { ${banned}: 1 } // ${banned}\n'${banned}'`)).toEqual([])
  })

  test.each(['process', 'performance', 'console'])('bans %s as an object, not as a name of our own', (banned) => {
    expect(found(`${banned}.now()`)).toEqual([banned])
    expect(found(`stream.${banned}('a', {}); class A { ${banned}(a) { return a } }`)).toEqual([])
  })

  test('bans inexact Math and names the replacement', () => {
    expect(impurities(tokens('Math.floor(Math.exp(x)) + Math.PI'))).toEqual([
      { line: 1, what: 'Math.exp', instead: 'use exp from numeric/' },
    ])
    expect(found('const { exp } = Math; Math.random(); Math["exp"]')).toEqual(['Math', 'Math.random', 'Math'])
    expect(found('a ** 2; a **= 2; a * b')).toEqual(['**', '**='])
  })

  test('bans members that need locale or Unicode data', () => {
    expect(found("a.localeCompare(b); a?.normalize(); n.toLocaleString(); 'normalize'")).toEqual([
      'localeCompare',
      'normalize',
      'toLocaleString',
    ])
    expect(found('/\\p{L}/u; new RegExp("\\\\p{L}"); /a/iu; /a/i; /a/u')).toEqual(['\\p{}', '\\p{}', '/a/iu'])
  })

  test('looks into the holes of templates, not into their text', () => {
    expect(found('`Date ${Date.now()}`')).toEqual(['Date'])
  })

  test('bans what only a module on a disk has', () => {
    expect(found("import('./x.ts'); import.meta.url; require('x'); import { a } from './a.ts'")).toEqual([
      'import(',
      'import.',
      'require',
    ])
  })
})
