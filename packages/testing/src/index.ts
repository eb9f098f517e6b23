export {
  type DamagedRollout,
  type DamageRolloutOptions,
  damagedRollouts,
  type RolloutDamage,
} from './arbitraries/damaged-rollouts.js'
export {
  type Family,
  type FamilyMember,
  type FamilyOptions,
  families,
  forkTrees,
  spawnTrees,
} from './arbitraries/families.js'
export { plantFamily } from './arbitraries/plant-family.js'
export {
  responseItems,
  rolloutItems,
  rolloutTexts,
  type TextOptions,
} from './arbitraries/rollout-items.js'
export {
  bytesOfRollout,
  type RolloutOptions,
  rollouts,
  type WholeRollout,
} from './arbitraries/rollouts.js'
export { type CrashOptions, crashStateCount, crashStates } from './disk/crash-states.js'
export {
  contentOf,
  type FileInode,
  type FolderInode,
  type Inode,
  SECTOR_BYTES,
} from './disk/inode.js'
export { SimDisk, type SimDiskOptions } from './disk/sim-disk.js'
export { type CrashMachinesOptions, crashMachines } from './explore/crash-machines.js'
export { explore } from './explore/explore.js'
export type {
  Crash,
  Explored,
  ExploreFailure,
  ExploreOptions,
  ExploreReport,
  Operation,
} from './explore/explored.js'
export { fingerprintOf } from './explore/fingerprint.js'
export {
  type AroundMachine,
  type Effect,
  type MachinePorts,
  newMachine,
  portsOf,
  powerLost,
  type SimLevels,
  type SimMachine,
} from './explore/sim-machine.js'
export { type AroundCall, type AroundDiskOptions, aroundDisk } from './faults/around-disk.js'
export {
  type AnyCall,
  type FaultPlan,
  type PlannedFault,
  plannedFault,
} from './faults/fault-plan.js'
export {
  type DiskCall,
  type Errno,
  effects,
  errnos,
  type Fault,
  type FaultyDiskOptions,
  faultOf,
  faultyDisk,
  type Judge,
  looks,
  opens,
} from './faults/faulty-disk.js'
export { everyEffect, type FaultyPorts, faultyPorts, levelError } from './faults/faulty-ports.js'
export { type SlowDiskOptions, slowDisk } from './faults/slow-disk.js'
export {
  type DamagedLevel,
  type DamageOfLevel,
  type DamageOptions,
  damagedPorts,
  levelDamages,
} from './level/level-damage.js'
export { SimLevel, type SimLevelOptions } from './level/sim-level.js'
export { levelCrashStates, type PhysicalValue, SimLevelFolder } from './level/sim-level-folder.js'
export { compareStore } from './model/observe.js'
export { explains, outcomeOf, type Said } from './model/said.js'
export { type ModelSupports, whatIsSupported } from './model/supports.js'
export { type ModelFactory, modelIds, type OpenedSystem, type System } from './model/system.js'
export { ThreadModel } from './model/thread-model.js'
export {
  type ConcurrentFactory,
  type ModelReport,
  type ModelRunOptions,
  threadStoreModel,
  threadStoreModelConcurrently,
} from './model/thread-store-model.js'
export type { Turns } from './model/turns.js'
export { Canaries, collect, TOKEN_BYTES, TOKEN_PREFIX, tokensIn } from './oracle/canary.js'
export { type Expected, judge, type Subject } from './oracle/crash-oracle.js'
export { type DiskScan, type Scan, scanDisk, scanMachine } from './oracle/scan.js'
export {
  rehearse,
  type Searched,
  type SearchOptions,
  searchCrashes,
} from './oracle/search-crashes.js'
export { allowedAfter, type Durability, placeAmong } from './oracle/states.js'
export { type Survey, type SurveyedThread, surveyStore } from './oracle/survey.js'
export { pick, type Random, seededRandom } from './random.js'
export { listedIds, messageOf, messagesOf, textsOf, threadIdOf } from './store/speaking.js'
export type { StoreSupports } from './store/supports.js'
export {
  type BasicThreadStore,
  having,
  type ItemLike,
  type ReadItem,
  type ThreadStoreLike,
  type WholeThreadStore,
} from './store/thread-store-like.js'
export { type DiskPlace, type DiskSuiteOptions, diskSuite } from './suites/disk-suite.js'
export {
  type JournalSuiteOptions,
  type JournalSupports,
  journalSuite,
  type LevelPlace,
} from './suites/journal-suite.js'
export { runSuite, type SuiteReport } from './suites/run-suite.js'
export type { Made, Test } from './suites/suite.js'
export {
  type StorePlace,
  type ThreadStoreSuiteOptions,
  type ThreadStoreSupports,
  threadStoreSuite,
} from './suites/thread-store-suite.js'
export { seededEntropy } from './time/seeded-entropy.js'
export { SimClock } from './time/sim-clock.js'
