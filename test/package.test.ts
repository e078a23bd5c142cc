import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { repository } from './source-files.ts'

const read = (file: string): string => readFileSync(`${repository}/${file}`, 'utf8')
const manifest = JSON.parse(read('package.json'))
interface Locked {
  hasInstallScript?: boolean
  resolved?: string
  integrity?: string
  optionalDependencies?: Record<string, string>
}
const locked: Record<string, Locked> = JSON.parse(read('package-lock.json')).packages

describe('the package', () => {
  test('runs nothing when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([])
    expect(existsSync(`${repository}/binding.gyp`)).toBe(false)
  })

  test('needs no dependency whose install script must run: that of esbuild only speeds up its start', () => {
    const scripted = Object.keys(locked).filter((path) => locked[path].hasInstallScript)
    expect(scripted.filter((path) => !/node_modules\/(?:esbuild|fsevents)$/.test(path))).toEqual([])
  })

  test('locks every dependency by its integrity, and names no registry', () => {
    const paths = Object.keys(locked).filter((path) => path !== '')
    expect(paths.filter((path) => locked[path].integrity === undefined)).toEqual([])
    expect(paths.filter((path) => locked[path].resolved !== undefined)).toEqual([])
  })

  test('locks the optional parts of every platform: npm ci refuses a lockfile with one missing, on all of them', () => {
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in locked) && !(`${path}/node_modules/${name}` in locked),
      ),
    )
    expect(missing).toEqual([])
  })

  test('exports only what it ships, as ES modules with their types', () => {
    for (const [subpath, target] of Object.entries<{ types: string; default: string }>(manifest.exports)) {
      if (subpath === './package.json') continue
      expect(Object.keys(target)).toEqual(['types', 'default'])
      expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
      expect(existsSync(`${repository}/${target.default.replace('./dist', 'src').replace(/\.js$/, '.ts')}`)).toBe(true)
    }
  })

  test('gives the same licence in package.json and LICENSE', () => {
    expect(manifest.license).toBe('Apache-2.0')
    expect(read('LICENSE')).toContain('Apache License\n                           Version 2.0, January 2004')
  })
})
