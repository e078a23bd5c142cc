import { describe, expect, expectTypeOf, test } from 'vitest'
import { integer, record, string } from '../../formats/schema.ts'
import type { SourceDeclaration } from '../../stream/declarations.ts'
import { secret } from '../../stream/secret.ts'
import { httpIngest, httpPost } from '../http/index.ts'
import { tcp, tcpServer, websocket } from './index.ts'

const Row = record({ name: string(), n: integer() })

describe('the declarations of sockets and HTTP', () => {
  test('are JSON, and say what they promise', () => {
    const token = secret({ env: 'TOKEN' })
    const declared = [
      tcp({ host: 'feed.example', port: 7000 }, Row),
      tcpServer({ port: 7000, token }, Row, { format: 'csv', delimiter: ';' }),
      websocket({ url: 'wss://feed.example', subscribe: 'all', headers: { authorization: token } }, Row),
      httpIngest({ port: 7000, path: '/rows', rate: { recordsPerSecond: 100 } }, Row),
      tcp({ host: 'feed.example', port: 7000, tls: true }, { format: 'csv', columns: ['n'] }),
      tcpServer({ port: 7000 }),
      websocket({ url: 'ws://feed.example' }),
      httpPost({ url: 'https://hook.example', deadLetters: 'refused.jsonl' }),
    ]
    for (const { schema: _schema, ...rest } of declared as { schema?: unknown }[])
      expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
    expect(declared.map(({ guarantee }) => guarantee)).toEqual([
      ...Array.from({ length: 6 }, () => 'at-most-once'),
      'at-least-once',
      'at-least-once',
    ])
    expect(httpIngest({ port: 1, spool: 'spool' }, Row).guarantee).toBeUndefined()
    expect(tcp({ host: 'a', port: 1 }, Row)).toMatchObject({ bounded: false })
    expect(tcp({ host: 'a', port: 1, reconnect: false }, Row)).toMatchObject({ bounded: true })
    expectTypeOf(tcp({ host: 'a', port: 1 }, Row)).toEqualTypeOf<
      SourceDeclaration<{ readonly name: string; readonly n: number }>
    >()
  })

  test('take CSV without a header line, with the columns of the schema or their own', () => {
    expect(tcpServer({ port: 1 }, Row, { format: 'csv' }).format).toEqual({
      name: 'csv',
      header: false,
      columns: ['name', 'n'],
      maxRecordBytes: 65_536,
    })
    expect(tcp({ host: 'a', port: 1 }, { format: 'csv', columns: ['n'] }).format).toEqual({
      name: 'csv',
      header: false,
      columns: ['n'],
    })
  })

  test.each([
    ['a port that is none', () => tcpServer({ port: 0 }, Row)],
    ['no host', () => tcp({ host: '', port: 1 }, Row)],
    ['a host with a path', () => tcp({ host: 'a/b', port: 1 })],
    ['an option it has not', () => tcp({ host: 'a', port: 1, retry: 3 } as never, Row)],
    ['an option of sources at a sink', () => tcp({ host: 'a', port: 1, spool: 'x' } as never)],
    ['a scheme of the wrong kind', () => websocket({ url: 'http://a' }, Row)],
    ['a file', () => httpPost({ url: 'file:///etc/passwd' })],
    ['a path with escapes', () => httpIngest({ port: 1, path: '/%2e' }, Row)],
    ['a path without a slash', () => httpIngest({ port: 1, path: 'rows' }, Row)],
    ['a rate that is none', () => httpIngest({ port: 1, rate: { recordsPerSecond: 0 } }, Row)],
    ['a rate it has not', () => httpIngest({ port: 1, rate: { rows: 1 } as never }, Row)],
    ['a header that is no text', () => httpPost({ url: 'http://a', headers: { a: 1 as never } })],
    ['another format', () => tcp({ host: 'a', port: 1 }, Row, { format: 'xml' as never })],
    ['CSV rows without columns', () => tcp({ host: 'a', port: 1 }, { format: 'csv' } as never)],
    ['a spool without a name', () => httpIngest({ port: 1, spool: '' }, Row)],
    ['a spool that is too small', () => httpIngest({ port: 1, spool: 'x', spoolBytes: 10 }, Row)],
  ])('refuse %s', (_what, declare) => {
    expect(declare).toThrow(/^ML_RANGE/)
  })

  test('show no password of a URL in what they refuse', () => {
    expect(() => websocket({ url: 'http://user:hunter2@a' }, Row)).toThrow(/^(?!.*hunter2)/)
  })
})
