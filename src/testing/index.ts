/**
 * Contract suites: what every learner, operator, connector and engine must do, as lists of checks for any test runner;
 * and the engines themselves, for running a pipeline in a test.
 *
 * @example with vitest; others likewise
 * for (const { title, skip, run } of operatorSuite({ name: 'mine', program, uid: 'mine', records })) {
 *   test.skipIf(skip !== undefined)(title, () => run())
 * }
 */
export type { Counts } from '../operators/counts.ts'
export { differences, unbalanced } from './compare-runs.ts'
export type { ContractCheck } from './contract-check.ts'
export { CrashStates } from './crash-states.ts'
export { type DomainSubject, domainSuite } from './domain-suite.ts'
export { type EmbeddedRunOptions, runEmbedded } from './embedded-run.ts'
export { type EngineSuiteOptions, type EngineTrial, engineSuite } from './engine-suite.ts'
export { type FlinkRun, type FlinkRunOptions, flinkBundle, runOnFlink } from './flink-run.ts'
export { type KafkaBroker, type KafkaBrokerOptions, startKafkaBroker } from './kafka-broker.ts'
export type { KafkaPorts, KafkaUser } from './kafka-settings.ts'
export { learnerChecks as learnerSuite } from './learner-suite.ts'
export type { LearnerSubject } from './learner-trial.ts'
export { type OperatorSubject, operatorSuite } from './operator-suite.ts'
export { hasOpenTransaction, type KafkaTopicRecord, readKafkaTopic } from './read-kafka-topic.ts'
export type { Ledgers, RunResult } from './run-result.ts'
export { SimulatedDisk } from './simulated-disk.ts'
export { type SinkSubject, sinkSuite } from './sink-suite.ts'
export { type SourceSubject, sourceSuite } from './source-suite.ts'
export type { TrialRecord } from './stage-trial.ts'
export { TcpProxy, type TcpProxyOptions } from './tcp-proxy.ts'
export { guestBundle, runInVm, type VmRunOptions } from './vm-engine.ts'
