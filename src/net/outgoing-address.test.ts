import { describe, expect, test } from 'vitest'
import { guardedLookup, isLinkLocal, outgoingUrl, shownUrl } from './outgoing-address.ts'

describe('an address to connect to', () => {
  test.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '[febf::1]',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '64:ff9b::a9fe:a9fe',
  ])('%s is link-local', (address) => {
    expect(isLinkLocal(address)).toBe(true)
  })

  test.each(['127.0.0.1', '10.0.0.1', '169.253.1.1', '::1', '2001:db8::1', 'fec0::1', 'example.org', ''])(
    '%s is not',
    (address) => {
      expect(isLinkLocal(address)).toBe(false)
    },
  )

  test('fault 55: an address is refused by its scheme, and however a link-local one is written, unless that is allowed', () => {
    const open = (url: string, allowed = false) => outgoingUrl(url, ['http:', 'https:'], 'a test', allowed).host
    expect(open('http://example.org:81/x')).toBe('example.org:81')
    for (const url of ['file:///etc/passwd', 'ftp://example.org', 'javascript:1', 'gopher://x', 'no url', ''])
      expect(() => open(url)).toThrow(/^ML_URL/)
    for (const host of [
      '169.254.169.254',
      '0xa9.0xfe.0xa9.0xfe',
      '0251.0376.0251.0376',
      '2852039166',
      '[::ffff:a9fe:a9fe]',
    ]) {
      expect(() => open(`http://${host}/`)).toThrow(/^ML_URL/)
      expect(open(`http://${host}/`, true)).not.toBe('')
    }
  })

  test('is shown without user, password and query, which may be a key', () => {
    expect(shownUrl(new URL('wss://me:secret@example.org:444/feed?token=abc#x'))).toBe('wss://example.org:444/feed')
  })

  test('is looked at again when its name is resolved', async () => {
    const resolved = (allowed: boolean, all: boolean) =>
      new Promise((resolve) => {
        guardedLookup('a test', allowed)('localhost', { all }, (error, address) => resolve(error ?? address))
      })
    expect(await resolved(false, false)).toMatch(/^(127\.0\.0\.1|::1)$/)
    expect(Array.isArray(await resolved(false, true))).toBe(true)
    const metadata = new Promise((resolve) => {
      guardedLookup('a test', false)('169.254.169.254', {}, (error, address) => resolve(error ?? address))
    })
    expect(await metadata).toMatchObject({ code: 'ML_URL' })
  })
})
