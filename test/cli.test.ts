// Every command as a stranger types it: one clear message, the right exit code, no stack trace.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ended, folderWith, millrace, programCommand, rawReadings, readings, rowsOf } from './cli-process.ts'

const files = { 'readings.ts': readings(), 'raw.csv': rawReadings(200) }

function expectRefusal({ code, stderr }: Ended, exit: number, ...texts: readonly (string | RegExp)[]): void {
  expect(stderr).not.toMatch(/^\s+at /m)
  for (const text of texts) expect(stderr).toMatch(text)
  expect(stderr.trimEnd().split('\n').length).toBeLessThan(4)
  expect(code).toBe(exit)
}

describe.concurrent('what was typed wrong is answered with exit code 2', () => {
  const cwd = folderWith({ ...files, 'data/raw.csv': '' })

  test.each<[string, string[], (string | RegExp)[]]>([
    ['a command that does not exist', ['rnu'], ["unknown command 'rnu'", 'Did you mean run']],
    [
      'a flag that does not exist',
      ['run', 'readings.ts', '--fersh'],
      ["unknown option '--fersh'", 'Did you mean --fresh'],
    ],
    ['no pipeline', ['run'], ["missing required argument 'file'"]],
    ['a pipeline that is not there', ['run', 'reading.ts'], ['ML_NO_FILE: .*reading.ts', 'Did you mean readings.ts']],
    ['a param that does not exist', ['run', 'readings.ts', '-p', 'rwa=x'], ['ML_PARAM: .*"rwa"', 'Did you mean raw']],
    ['a param without a value', ['run', 'readings.ts', '-p', 'raw'], ['ML_PARAM: .*name=value']],
    [
      'a param of a wrong type',
      ['run', 'readings.ts', '-p', 'limit=ten'],
      ['ML_PARAM: .*"limit" must be a number; got "ten"'],
    ],
    [
      'a data file that is not there',
      ['run', 'readings.ts', '-p', 'raw=raw.cvs'],
      ['ML_NO_FILE: .*raw.cvs.*"raw"', 'raw.csv'],
    ],
    ['a duration', ['run', 'readings.ts', '--checkpoint-every', 'soon'], ['ML_RANGE: .*"soon" at --checkpoint-every']],
    ['a number', ['run', 'readings.ts', '--retain', '1'], ['ML_RANGE: .*"1" at --retain. Write 2 or more']],
    ['a checkpoint that is not there', ['inspect', 'nowhere'], ['ML_NO_FILE: .*nowhere']],
    [
      'a folder without checkpoints',
      ['inspect', 'data'],
      ['ML_NO_FILE: there is no checkpoint here', '.millrace/<pipeline>'],
    ],
  ])('%s', async (_title, args, texts) => {
    expectRefusal(await millrace(args, { cwd }), 2, ...texts.map((text) => new RegExp(text)))
    expect(readdirSync(cwd).sort()).toEqual(['data', 'raw.csv', 'readings.ts'])
  })

  test('no command at all shows the help', async () => {
    const { code, stderr } = await millrace([], { cwd })
    expect(stderr).toContain('run [options] <file>')
    expect(code).toBe(2)
  })

  test('the help and the version are no mistakes', async () => {
    expect(await millrace(['run', '--help'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    expect((await millrace(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('a secret given wrong is not repeated', async () => {
    const secrets = ['-p', 'dbpassword=hunter2', '-p', 'limit=postgres://ann:hunter2@db']
    const { stdout, stderr, code } = await millrace(['run', 'readings.ts', '--json', ...secrets], { cwd })
    expect(stdout + stderr).not.toContain('hunter2')
    expect(code).toBe(2)
  })

  test('with --json the error is a line of JSON too', async () => {
    const { stdout, code } = await millrace(['run', 'reading.ts', '--json'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      code: 'ML_NO_FILE',
      message: expect.stringMatching(/readings\.ts/),
    })
    expect(code).toBe(2)
  })
})

describe.concurrent('a reader that has gone', () => {
  const cwd = folderWith({ 'table.csv': `x,label\n${'1,a\n2,b\n'.repeat(50)}` })

  test('ends no command: what it would print is dropped, what it writes is written', () => {
    const shell = `{ ${programCommand} eval table.csv --label label; echo $? >code; } 2>told | true`
    execFileSync('sh', ['-c', shell], { cwd })
    expect(readFileSync(join(cwd, 'told'), 'utf8')).toBe('')
    expect(readFileSync(join(cwd, 'code'), 'utf8')).toBe('0\n')
    expect(readFileSync(join(cwd, 'table.svg'), 'utf8')).toMatch(/^<svg/)
  })
})

describe.concurrent('a pipeline that is wrong is answered with exit code 78', () => {
  test.each<[string, string, (string | RegExp)[]]>([
    [
      'a syntax error',
      "import { pipeline } from 'millrace'\nexport default pipeline('x', ({ from }) => {{ )\n",
      [/ML_SYNTAX/, / at p\.ts:2:\d+/],
    ],
    ['no pipeline in it', 'export default 17\n', [/ML_NOT_PIPELINE: .*; got 17 at p\.ts/]],
    [
      'code that throws while it is loaded',
      'const x: string[] = []\nexport default x[3].length\n',
      [/ML_LOAD: .*TypeError/, / at p\.ts:2:21/],
    ],
    [
      'a clock',
      'export const t = () => new Date(performance.now())\nexport default t\n',
      [/ML_IMPURE: performance/, /at p\.ts:1:33/],
    ],
    ['a name used twice', `${readings().replace(".to('readings'", ".to('raw'")}`, [/ML_PLAN: .*raw/]],
  ])('%s', async (_title, text, texts) => {
    expectRefusal(
      await millrace(['run', 'p.ts'], { cwd: folderWith({ 'p.ts': text, 'raw.csv': rawReadings(3) }) }),
      78,
      ...texts,
    )
  })

  test('a column that the data lacks is named, with the columns there are', async () => {
    const cwd = folderWith({ ...files, 'raw.csv': 'at,sensr,value\n1600000000000,s1,2\n' })
    expectRefusal(await millrace(['run', 'readings.ts'], { cwd }), 78, /ML_SCHEMA/, /sensor/, /sensr/)
  })

  test('a file that is no script, and a folder', async () => {
    const cwd = folderWith({ ...files, 'README.md': '# hello\n' })
    expectRefusal(
      await millrace(['run', 'README.md'], { cwd }),
      78,
      /ML_NOT_PIPELINE: README\.md is no \.ts or \.js file/,
    )
    expectRefusal(await millrace(['run', '.'], { cwd }), 78, /ML_NOT_PIPELINE: .*folder/)
  })
})

describe.concurrent('bad records', () => {
  test('are kept with source, position and reason; the report says how many and where', async () => {
    const bad = [
      '1600000000000,s1',
      '1600000000000,s1,NaN',
      'yesterday,s1,3',
      '99999999999999,s1,3',
      '1600000000001,"s1,3',
    ]
    const [head, ...rows] = rawReadings(20).trimEnd().split('\n')
    const text = `${[head, ...rows.slice(0, 10), ...bad.slice(0, 4), ...rows.slice(10), bad[4]].join('\n')}\n`
    const cwd = folderWith({ ...files, 'raw.csv': text })
    const { code, stdout } = await millrace(['run', 'readings.ts'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('in 25 = processed 20 + rejected 5 + late 0')
    expect(stdout).toContain(
      'rejected  5 by source raw: each with source, position and reason in out/readings-rejected',
    )
    const { rows: rejected, parts } = rowsOf(join(cwd, 'out/readings-rejected'))
    expect(parts).toEqual(['part-00000.jsonl'])
    const letters = rejected.map((row) => JSON.parse(row))
    expect(letters.map(({ value }) => value)).toEqual(bad)
    for (const letter of letters) {
      expect(letter).toMatchObject({
        source: 'raw',
        split: 'raw.csv',
        code: expect.stringMatching(/^ML_/),
        reason: expect.stringMatching(/./),
      })
      expect(text.slice(letter.position)).toMatch(new RegExp(`^${String(letter.value).slice(0, 9)}`))
    }
    expect(rowsOf(join(cwd, 'out/readings')).rows).toHaveLength(20)
  })

  test('that make a function throw are rejected, and the line of the function is shown once', async () => {
    const cwd = folderWith({
      ...files,
      'readings.ts': readings({ map: 'r.value > 15 ? (null as never as string[])[0] : r.sensor' }),
    })
    const { code, stderr, stdout } = await millrace(['run', 'readings.ts'], { cwd })
    expect(code).toBe(0)
    expect(stderr.match(/rejects what its function throws at: TypeError: .* at readings\.ts:16:\d+/g)).toHaveLength(1)
    expect(stdout).toMatch(/rejected {2}22 by operator raw\.map-1: each with source, position and reason in/)
  })
})

/** Mounts a tmpfs; undefined, and said so, where that is not allowed. */
function mountAt(folder: string, options: string): (() => void) | undefined {
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'millrace-test', folder], { stdio: 'pipe' })
    return () => execFileSync('umount', [folder])
  } catch {
    console.warn(`SKIPPED a disk with ${options}: a tmpfs cannot be mounted here (it takes root)`)
    return undefined
  }
}

describe.concurrent('a place that cannot be written', () => {
  test.skipIf(process.getuid?.() === 0)('for lack of rights is named, with what to do', async () => {
    const cwd = folderWith(files)
    chmodSync(cwd, 0o555)
    expectRefusal(await millrace(['run', 'readings.ts'], { cwd }), 1, /ML_STORAGE: .*"EACCES"/, /right to write/)
    chmodSync(cwd, 0o755)
  })

  test('because the disk is read-only is named, with what to do', async (context) => {
    const cwd = folderWith(files)
    const unmount = mountAt(join(cwd, '.millrace'), 'ro')
    if (unmount === undefined) return context.skip()
    try {
      expectRefusal(
        await millrace(['run', 'readings.ts'], { cwd }),
        1,
        /ML_STORAGE: .*"EROFS".*\.millrace/,
        /read-only/,
      )
    } finally {
      unmount()
    }
  })

  test('because the disk is full ends the run with the reason, and it goes on when there is room', async (context) => {
    const cwd = folderWith({ ...files, 'raw.csv': rawReadings(40_000) })
    const unmount = mountAt(join(cwd, 'out'), 'size=1m')
    if (unmount === undefined) return context.skip()
    try {
      expectRefusal(
        await millrace(['run', 'readings.ts', '-q'], { cwd }),
        1,
        /ML_STORAGE: .*"ENOSPC".*readings/,
        /Free space/,
      )
      execFileSync('mount', ['-o', 'remount,size=64m', join(cwd, 'out')])
      expect(await millrace(['run', 'readings.ts', '-q'], { cwd })).toMatchObject({ code: 0, stdout: '', stderr: '' })
      expect(rowsOf(join(cwd, 'out/readings')).rows).toHaveLength(40_000)
    } finally {
      unmount()
    }
  })
})

describe.concurrent('what a run says', () => {
  test('as JSON lines: started, progress, report', async () => {
    const cwd = folderWith(files)
    const { code, stdout, stderr } = await millrace(['run', 'readings.ts', '--json'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toEqual({ type: 'started', from: null, weaker: {} })
    expect(lines.at(-2)).toMatchObject({ type: 'progress', records: 200, lastCheckpoint: { id: 1 } })
    expect(lines.at(-1)).toMatchObject({
      type: 'report',
      end: 'finished',
      sinks: [
        { uid: 'readings', rows: 200 },
        { uid: 'rejected', rows: 0 },
      ],
    })
    const again = await millrace(['run', 'readings.ts', '--json'], { cwd })
    expect([again.code, JSON.parse(again.stdout).type]).toEqual([0, 'finished'])
  })

  test('from an older checkpoint goes back to it, in folders of its own', async () => {
    const files = { 'readings.ts': readings(), 'raw.csv': rawReadings(20_000) }
    const cwd = folderWith(files)
    const often = ['--checkpoint-every', '0s', '--checkpoint-records', '100', '--retain', '500', '-q']
    expect(await millrace(['run', 'readings.ts', ...often], { cwd })).toMatchObject({ code: 0, stderr: '' })
    const state = join(cwd, '.millrace/readings')
    const older = readdirSync(state)
      .filter((name) => name.startsWith('chk-'))
      .at(-2) as string
    const from = join(state, older)
    const elsewhere = folderWith({ 'raw.csv': files['raw.csv'] })
    const back = ['run', join(cwd, 'readings.ts'), '--from', from, '--json']
    const { code, stdout } = await millrace(back, { cwd: elsewhere })
    expect([code, JSON.parse(stdout.split('\n')[0])]).toEqual([
      0,
      { type: 'started', from: Number(older.slice(4)), weaker: {} },
    ])
    const { rows } = rowsOf(join(cwd, 'out/readings'))
    const again = rowsOf(join(elsewhere, 'out/readings')).rows
    expect(again).toEqual(rows.slice(rows.length - again.length))
    expectRefusal(await millrace(back, { cwd: elsewhere }), 2, /ML_RANGE: .*needs a state folder without checkpoints/)
    expectRefusal(await millrace(['run', 'readings.ts', '--from', 'out'], { cwd }), 2, /ML_RANGE: /)
  })

  test('leaves standard output to the rows of a sink that prints', async () => {
    const cwd = folderWith({ ...files, 'readings.ts': readings({ map: 'r.sensor', sink: 'stdout()' }) })
    const { code, stdout, stderr } = await millrace(['run', 'readings.ts'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toBe(Array.from({ length: 200 }, (_unused, i) => `"s${i % 3}"\n`).join(''))
    expect(stderr).toContain('not exactly once: readings at least once')
    expect(stderr).toContain('finished: the input is used up')
  })

  test('ends with what to type next, and that works', async () => {
    const cwd = folderWith(files)
    const { stdout } = await millrace(['run', 'readings.ts'], { cwd })
    const next = /inspect (\S+)$/m.exec(stdout)?.[1] as string
    expect(existsSync(join(cwd, next))).toBe(true)
    expect(await millrace(['inspect', next], { cwd })).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/raw.csv +200 read +at its end/),
    })
    writeFileSync(join(cwd, next, 'chk-000000001/state.bin'), 'x')
    expectRefusal(await millrace(['inspect', next], { cwd }), 1, /ML_CORRUPT: .*state\.bin, offset \d+/)
  })
})
