import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { errorText, MillraceError, redacted } from '../errors.ts'
import { secret } from '../stream/secret.ts'
import { resolveSecret } from './resolve-secret.ts'

const base = mkdtempSync(join(tmpdir(), 'millrace-secret-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const refused = (value: Parameters<typeof resolveSecret>[0], env = {}) =>
  resolveSecret(value, base, 'password of sink "alarms"', env).catch((error: MillraceError) => error.message)

describe('a secret', () => {
  test('is a text, or comes from the environment or a file, without the line break at its end', async () => {
    writeFileSync(join(base, 'unix'), 'correct horse\n')
    writeFileSync(join(base, 'windows'), 'correct horse\r\n')
    writeFileSync(join(base, 'two'), '\ncorrect horse\n\n')
    symlinkSync('unix', join(base, 'mounted'))
    expect(await resolveSecret('hunter-2', base)).toBe('hunter-2')
    expect(await resolveSecret(secret({ env: 'PW' }), base, 'x', { PW: ' as it is\n' })).toBe(' as it is\n')
    expect(await resolveSecret(secret({ env: 'PW' }), base, 'x', { PW_FILE: 'unix' })).toBe('correct horse')
    expect(await resolveSecret(secret({ file: 'unix' }), base)).toBe('correct horse')
    expect(await resolveSecret(secret({ file: join(base, 'windows') }), '/')).toBe('correct horse')
    expect(await resolveSecret(secret({ file: 'mounted' }), base)).toBe('correct horse')
    expect(await resolveSecret(secret({ file: 'two' }), base)).toBe('\ncorrect horse\n')
  })

  test('that is not there is refused by the name of its place, and by whose it is', async () => {
    expect(await refused(secret({ env: 'PW' }))).toBe(
      'ML_SECRET: the environment variable PW is not set at password of sink "alarms". Set it, or PW_FILE to the path of a file.',
    )
    expect(await refused(secret({ env: 'PW' }), { PW: '' })).toContain('variable PW is empty')
    expect(await refused(secret({ env: 'PW' }), { PW: 'abcdef', PW_FILE: 'unix' })).toMatch(/^(?!.*abcdef).*both set/)
    expect(await refused(secret({ file: 'nowhere' }))).toContain(`${join(base, 'nowhere')} of a secret cannot be read`)
    mkdirSync(join(base, 'folder'))
    expect(await refused(secret({ file: 'folder' }))).toContain('is no file')
    writeFileSync(join(base, 'empty'), '\n')
    expect(await refused(secret({ file: 'empty' }))).toContain('is empty')
    writeFileSync(join(base, 'large'), 'x'.repeat(70_000))
    expect(await refused(secret({ file: 'large' }))).toContain('more than 65536 bytes')
    writeFileSync(join(base, 'binary'), Uint8Array.of(0x61, 0xff, 0x62))
    expect(await refused(secret({ file: 'binary' }))).toContain('not text in UTF-8')
    expect(await refused({ secret: { vault: 'x' } } as never)).toMatch(/^ML_SECRET: a secret is a text or/)
  })

  test('is in no message once it was resolved, in whatever form', async () => {
    const text = 'p"w/ä r7'
    await resolveSecret(secret({ env: 'PW' }), base, 'x', { PW: text })
    const forms = [text, JSON.stringify(text), `http://host/?q=${encodeURIComponent(text)}`]
    for (const form of forms) {
      expect(errorText(new Error(`cannot log in with ${form}`))).toMatch(/cannot log in with .*\[redacted\]/)
      const { message } = new MillraceError('ML_SOURCE', { what: `no ${form}`, got: form, where: form, remedy: form })
      expect(message.match(/\[redacted\]/g)).toHaveLength(4)
      expect(redacted({ note: [form] }).note[0]).toContain('[redacted]')
    }
  })

  test('shows its place, not itself, in a plan', () => {
    const plan = { password: secret({ env: 'PW' }), token: secret({ file: '/run/token' }), secret: 'text' }
    expect(redacted(plan)).toEqual({
      password: { secret: { env: 'PW' } },
      token: { secret: { file: '/run/token' } },
      secret: '[redacted]',
    })
    // Only the exact form counts as a place.
    expect(redacted({ password: { secret: { env: 'PW', was: 'old' } } })).toEqual({
      password: { secret: { env: '[redacted]', was: '[redacted]' } },
    })
  })

  test.each([{}, { env: '' }, { file: '' }, { env: 'A=B' }, { env: 'A', file: 'b' }, { env: 7 }, 'hunter2', null])(
    'is refused in a place that is none: %j',
    (place) => {
      expect(() => secret(place as never)).toThrow(/^ML_RANGE: a secret is given by the one place/)
      expect(() => secret(place as never)).not.toThrow('hunter2')
    },
  )
})
