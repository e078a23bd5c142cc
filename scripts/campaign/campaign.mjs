/** Rounds of runs that are killed until they come to their end, each compared with the run that was not. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../repository.mjs'
import { differences, phaseOf } from './outcome.mjs'
import { Random } from './random.mjs'

const PROGRAM = join(repository, 'dist/cli/main.cjs')
/** System calls of a checkpoint, a commit and a recovery; the kill comes as one of them begins. */
const CALLS = ['rename', 'fsync', 'unlink', 'rmdir', 'mkdir', 'ftruncate', 'pwrite64']

export class Campaign {
  #options
  #kills = 0
  #stops = 0
  #rounds = 0
  #phases = new Map()
  /** By folder of a round. */
  #params = new Map()
  #expected
  /** Milliseconds of the unfailed run: to its first record, and from there to its end. */
  #startMs = 0
  #runMs = 0
  #hasStrace = execs('strace', ['-V'])
  #children = new Set()
  #startedAt = performance.now()

  constructor(options) {
    this.#options = options
  }

  async run() {
    const { folder, log, kills, jobs, subject, brokerKills = 0, seed } = this.#options
    const reference = join(folder, 'reference')
    mkdirSync(reference)
    const unfailed = await this.#start(reference, ['--checkpoint-every', '1s'], new Random(0), 'none')
    if (unfailed.code !== 0) throw new Error(`the run that nobody killed failed:\n${unfailed.stderr}`)
    this.#startMs = unfailed.startMs
    this.#runMs = unfailed.runMs
    this.#expected = await subject.outcomeOf(reference)
    log(
      `the unfailed run: ${ms(this.#startMs)} to its first record, ${ms(this.#runMs)} to its end, ` +
        `${this.#expected.size} things to compare`,
    )
    if (!this.#hasStrace) log('SKIPPED exact kills at system calls: strace is not here (apt-get install strace)')
    const shown = setInterval(() => log(this.#progress()), 5000)
    try {
      let isOver = false
      // Not faster than our own deaths: a machine that is busy would never get between two of them.
      const isDue = () => this.#kills * brokerKills >= (subject.brokerKills ?? 0) * kills
      const disturbing = subject.disturb(brokerKills, seed, { isOver: () => isOver, isDue })
      const rounds = Array.from({ length: jobs }, () => this.#roundsUntil(kills))
      await Promise.all(rounds).finally(() => {
        isOver = true
      })
      await disturbing
    } finally {
      clearInterval(shown)
    }
  }

  summary() {
    const phases = [...this.#phases].sort().map(([phase, count]) => `  ${String(count).padStart(6)}  ${phase}`)
    return [this.#progress(), 'killed while', ...phases, 'nothing lost, nothing twice, nothing different'].join('\n')
  }

  /** Ends whatever still runs. */
  end() {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  async #roundsUntil(kills) {
    const { subject, brokerKills = 0 } = this.#options
    while (this.#kills < kills || (subject.brokerKills ?? 0) < brokerKills) await this.#round(++this.#rounds)
  }

  /** One pipeline from the beginning to its end, killed on the way. */
  async #round(number) {
    const { folder: root, seed, subject } = this.#options
    const random = new Random(seed * 1_000_003 + number)
    const folder = join(root, `round-${number}`)
    mkdirSync(folder)
    // Runs that are killed soon must have a checkpoint sooner, or no round would ever end.
    const every = ['--checkpoint-every', `${10 + random.below(60)}ms`, '--retain', String(2 + random.below(2))]
    for (let run = 1; ; run++) {
      const where = `round ${number}, run ${run}`
      const before = await subject.visible(folder)
      const luck = random.below(100)
      const how = luck < 70 ? 'moment' : luck < 85 ? 'call' : 'signal'
      const ended = await this.#start(folder, every, random, this.#kills < this.#options.kills ? how : 'none')
      if (ended.wasKilled) {
        this.#kills++
        const phase = phaseOf(folder, undefined, ended.hasStarted)
        this.#phases.set(phase, (this.#phases.get(phase) ?? 0) + 1)
      } else if (ended.wasStopped) this.#stops++
      else if (ended.code !== 0) throw new Error(`${where} ended with ${ended.code}:\n${ended.stderr}`)
      await subject.check(folder, before, this.#expected).catch((error) => {
        throw new Error(`${where}: ${error.message}`)
      })
      if (!ended.wasKilled && !ended.wasStopped && ended.hasFinished) break
    }
    const wrong = differences(this.#expected, await subject.outcomeOf(folder))
    if (wrong.length > 0) {
      throw new Error(
        `round ${number} differs from the unfailed run in ${wrong.length} things: ${wrong.slice(0, 5).join('; ')}`,
      )
    }
  }

  /**
   * Runs the program once. `how` it ends: 'none' by itself; 'moment' by a kill at a random moment, of starting or of
   * running; 'call' by a kill at a random system call; 'signal' by SIGTERM, or SIGINT twice.
   */
  async #start(folder, flags, random, how) {
    const { subject } = this.#options
    const given = this.#params.get(folder) ?? (await subject.paramsOf(folder))
    this.#params.set(folder, given)
    const params = Object.entries(given).flatMap(([name, value]) => ['-p', `${name}=${value}`])
    const args = [PROGRAM, 'run', subject.pipeline, '--json', '--base', folder, '--state', 'state', ...params, ...flags]
    const atCall = how === 'call' && this.#hasStrace
    const call = CALLS[random.below(CALLS.length)]
    // Rare calls would hardly be met at a high count.
    const when = 1 + random.below(call === 'fsync' || call === 'pwrite64' ? 60 : call === 'rename' ? 25 : 6)
    const inject = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:signal=SIGKILL:when=${when}`,
    ]
    const command = atCall ? ['strace', ...inject, process.execPath, ...args] : [process.execPath, ...args]
    const startedAt = performance.now()
    const child = spawn(command[0], command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Counts of system calls are by thread.
      env: atCall ? { ...process.env, UV_THREADPOOL_SIZE: '1' } : process.env,
    })
    this.#children.add(child)
    const ended = {
      code: null,
      startMs: 0,
      runMs: 0,
      hasStarted: false,
      hasFinished: false,
      wasKilled: false,
      wasStopped: false,
      stdout: '',
      stderr: '',
    }
    let timer
    const later = (delay, act) => {
      timer = setTimeout(act, delay)
    }
    const kill = () => child.kill('SIGKILL')
    const isEarly = random.below(100) < 25
    const delay = random.next()
    if (how === 'moment' && isEarly) later(delay * this.#startMs * 1.2, kill)
    child.stderr.on('data', (bytes) => {
      ended.stderr += bytes
    })
    child.stdout.on('data', (bytes) => {
      ended.stdout += bytes
      if (ended.hasStarted || !ended.stdout.includes('"started"')) return
      ended.hasStarted = true
      ended.startMs = performance.now() - startedAt
      // Squared: most deaths soon, so that a round has many; some late, so that its end is reached.
      if (how === 'moment' && !isEarly) later(delay * delay * Math.max(300, this.#runMs), kill)
      if (how !== 'signal') return
      later(delay * delay * Math.max(300, this.#runMs), () => {
        if (delay < 0.5) child.kill('SIGTERM')
        else {
          child.kill('SIGINT')
          setTimeout(() => child.kill('SIGINT'), delay * 20)
        }
      })
    })
    return await new Promise((resolve) => {
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        this.#children.delete(child)
        ended.code = code
        ended.runMs = performance.now() - startedAt - ended.startMs
        ended.wasKilled = signal === 'SIGKILL'
        ended.hasFinished = /"type":"finished"|"end":"finished"/.test(ended.stdout)
        ended.wasStopped = how === 'signal' && (signal !== null || code === 130 || (code === 0 && !ended.hasFinished))
        resolve(ended)
      })
    })
  }

  #progress() {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const { brokerKills = 0 } = this.#options.subject
    const broker = brokerKills > 0 ? ` and ${brokerKills} of the broker` : ''
    return `${this.#kills} kills${broker} and ${this.#stops} stops in ${this.#rounds} rounds, ${seconds.toFixed(0)} s`
  }
}

function execs(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function ms(value) {
  return `${Math.round(value)} ms`
}
