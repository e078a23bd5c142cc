import { describe, expect, test } from 'vitest'
import { findJob } from './find-job.ts'
import type { JobState, JobSummary } from './rest.ts'

const job = (jid: string, name: string, state: JobState = 'RUNNING') => ({ jid, name, state }) as JobSummary
const jobs = [job('ab12', 'clicks'), job('ab99', 'flights'), job('cd00', 'flights', 'FINISHED'), job('ee11', 'ab')]

describe('a job is found', () => {
  test.each([
    ['its id', 'ab99', 'ab99'],
    ['the beginning of its id', 'ab1', 'ab12'],
    ['its name, the one of that name that runs', 'flights', 'ab99'],
    ['its name, also where an id begins so', 'ab', 'ee11'],
    ['the id of one that has ended', 'cd', 'cd00'],
  ])('by %s', (_title, wanted, jid) => {
    expect(findJob(jobs, wanted).jid).toBe(jid)
  })
})

test('a name that is nearly one is answered with it', () => {
  expect(() => findJob(jobs, 'flihgts')).toThrow(/^ML_FLINK_NO_JOB: .*; got "flihgts"\. Did you mean flights\.$/)
  expect(() => findJob(jobs, 'zzz')).toThrow(/There run clicks, flights, ab\.$/)
  expect(() => findJob([], 'zzz')).toThrow(/No job is running there\.$/)
})

test('several that could be meant are listed', () => {
  const twice = [job('ab12', 'clicks'), job('ab99', 'clicks')]
  expect(() => findJob(twice, 'clicks')).toThrow(/several jobs .*Give an id: ab12, ab99/)
  expect(() => findJob(twice, 'ab')).toThrow(/several jobs/)
})
