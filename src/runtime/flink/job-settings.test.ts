import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { jobSettings } from './job-settings.ts'

describe('the settings of a job', () => {
  test('have a default for everything but the name, with folders as a run has them', () => {
    expect(jobSettings('clicks', '__millrace', { base: '/srv' })).toEqual({
      format: 1,
      name: 'clicks',
      params: '{}',
      globalName: '__millrace',
      base: '/srv',
      parallelism: 1,
      checkpointEveryMs: 1000,
      checkpointDir: '/srv/.millrace/clicks/flink/checkpoints',
      maxDriftMs: 86_400_000,
      flushMs: 10,
      heapMb: 512,
      watchdogMs: 10_000,
      finalState: '/srv/.millrace/clicks/flink/final',
    })
    expect(jobSettings('clicks', 'x').base).toBe(resolve('.'))
  })

  test('resolve folders against the base, and leave URIs alone', () => {
    const dirs = (checkpointDir: string) => jobSettings('c', 'x', { base: '/srv', checkpointDir }).checkpointDir
    expect(dirs('chk')).toBe('/srv/chk')
    expect(dirs('/chk')).toBe('/chk')
    expect(dirs('s3://bucket/chk')).toBe('s3://bucket/chk')
    expect(dirs('file:/chk')).toBe('file:/chk')
    expect(jobSettings('c', 'x', { base: '/srv', state: 'mine' }).finalState).toBe('/srv/mine/flink/final')
  })

  test.each([
    ['parallelism', 0],
    ['parallelism', 129],
    ['parallelism', 1.5],
    ['heapMb', 8],
    ['checkpointEveryMs', 0],
    ['flushMs', -1],
  ])('refuse %s %d', (name, value) => {
    expect(() => jobSettings('c', 'x', { [name]: value })).toThrow(
      new RegExp(`^ML_RANGE: must be a whole number; got ${value} at ${name}\\.`),
    )
  })
})
