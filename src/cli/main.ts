#!/usr/bin/env node
/** The `millrace` command. */
import { Command, CommanderError } from 'commander'
import { MILLRACE_VERSION } from '../runtime/local/versions.ts'
import type { EvalFlags } from './eval-command.ts'
import { EXIT_USAGE } from './exit-codes.ts'
import { reportFailure } from './failure.ts'
import { addFlink, addSubmit } from './flink-commands.ts'
import type { InspectFlags } from './inspect-command.ts'
import { print } from './print.ts'
import type { RunFlags } from './run-settings.ts'

function program(): Command {
  const command = new Command('millrace')
    .description('Streaming machine learning: predict, learn from late labels, survive a crash, exactly once.')
    .version(MILLRACE_VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('(millrace --help shows what there is)')
    .exitOverride()
    .configureOutput({ writeOut: print, outputError: (text, write) => write(text.replace(/^error/, 'millrace')) })
  const collect = (value: string, before: string[]) => [...before, value]
  command
    .command('run')
    .description('run a pipeline from its last checkpoint on, to the end of its input or Ctrl-C')
    .argument('<file>', 'a .ts or .js file whose default export is pipeline(...)')
    .option('-p, --param <name=value>', 'a param of the pipeline; repeat for several', collect, [])
    .option('--base <folder>', 'folder against which relative locations are resolved (default: the current one)')
    .option('--state <folder>', 'folder for checkpoints (default: .millrace/<pipeline> in the base)')
    .option('--fresh', 'start anew: forget checkpoints and clear what this pipeline wrote to its sinks')
    .option('--from <checkpoint>', 'go back: begin where a folder chk-... says, with a new state folder and new output')
    .option('--checkpoint-every <duration>', "time between checkpoints, such as '500ms' or '10s' (default: 1s)")
    .option('--checkpoint-records <n>', 'records read between checkpoints')
    .option('--retain <n>', 'checkpoints kept, at least 2 (default: 3)')
    .option(
      '--http <[host:]port>',
      'serve /healthz, /readyz and /metrics; the host is 127.0.0.1, port 0 is any free one',
    )
    .option('--http-allow <host>', 'a name under which others reach the server; repeat for several', collect, [])
    .option('--log <format>', 'what happens, a line an event, on standard error: json, text or off')
    .option('--log-level <level>', 'the least that is logged: debug, info, warn or error (default: info)')
    .option('--config <file>', 'JSON with any of these settings; the environment and flags come before it')
    .option('--json', 'progress, report and errors as JSON lines on standard output')
    .option('-q, --quiet', 'print nothing but errors')
    .action(async (file: string, flags: RunFlags) => (await import('./run-command.ts')).runCommand(file, flags))
  command
    .command('eval')
    .description('test, then train several models on a CSV file, record by record, beside what can be guessed')
    .argument('<table>', 'a CSV file with a header line, plain or .gz')
    .requiredOption('--label <column>', 'what is to be predicted')
    .option('--task <task>', 'binary, multiclass or regression (default: as the label looks)')
    .option('--positive <value>', 'the label that counts as true; every other one is false')
    .option('--model <names>', 'models, separated by commas (default: the usual ones of the task)')
    .option('--set <name=value>', 'a setting, such as learningRate=0.01 or logistic.l2=0.001; repeat', collect, [])
    .option('--categorical <columns>', 'columns whose numbers are names, separated by commas')
    .option('--text <columns>', 'columns of sentences, whose words are the inputs (default: as they look)')
    .option('--drop <columns>', 'columns that are not learned from, separated by commas')
    .option('--time <column>', 'a column of times: the axis of the plot, and not learned from')
    .option('--delimiter <character>', 'between the cells of a row (default: a comma)')
    .option('--plot <file>', 'where the plot goes (default: <table>.svg here; none with --json)')
    .option('--no-plot', 'no plot')
    .option('--json', 'a JSON object a model on a line of its own')
    .option('-q, --quiet', 'print nothing but errors')
    .action(async (table: string, flags: EvalFlags) => (await import('./eval-command.ts')).evalCommand(table, flags))
  addSubmit(command)
  command
    .command('inspect')
    .description('show what a checkpoint holds: weights by name, quality, ledgers, positions, sizes')
    .argument('<checkpoint>', 'a folder chk-..., or a state folder: its newest checkpoint')
    .option('--top <n>', 'weights shown, the largest first (default: 20)')
    .option('--json', 'everything as one JSON object')
    .action(async (path: string, flags: InspectFlags) =>
      (await import('./inspect-command.ts')).inspectCommand(path, flags),
    )
  addFlink(command)
  inherit(command)
  return command
}

/** Commands of commands too. */
function inherit(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride().showSuggestionAfterError().copyInheritedSettings(command)
    inherit(sub)
  }
}

async function main(): Promise<void> {
  // The maps take a while to read: only where a stack was asked for.
  if (process.env.MILLRACE_STACK) process.setSourceMapsEnabled(true)
  try {
    await program().parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
    else reportFailure(error)
  }
}

void main()
