// Engines whose own order is wrong: passages of the compiled core, and what takes their place. Where nothing crashes
// each of them does what the engine does.

import type { Edit } from './mutated-core.js'

export interface Mutant {
  readonly name: string
  /** Each must catch it. */
  readonly programs: readonly string[]
  readonly edits: readonly Edit[]
}

const steps = {
  file: 'lifecycle/run-operation.js',
  passage: 'for (const step of definition.steps) {',
}

/** The steps run before their intent is committed, and not again behind it. */
const appliedBeforeIntend: readonly Edit[] = [
  {
    file: 'lifecycle/run-operation.js',
    passage: 'await definition.stage?.(context, plan, operationId, state);',
    becomes: `await definition.stage?.(context, plan, operationId, state);
        for (const step of definition.steps)
            await step.apply(context, plan, { operationId, resumed: false });`,
  },
  { ...steps, becomes: 'for (const step of run.resumed ? definition.steps : []) {' },
]

/** What is prepared before the commit of a delete is written behind its unlinks. */
const tombstoneAfterUnlink: readonly Edit[] = [
  {
    file: 'lifecycle/delete.js',
    passage: 'await context.tombstones.prepare({',
    becomes: 'context.deletions.of(operationId).entomb = () => context.tombstones.prepare({',
  },
  {
    file: 'lifecycle/delete.js',
    passage: 'await unlinkNames(context, (id) => dying.has(id), deletion.names);',
    becomes: `await unlinkNames(context, (id) => dying.has(id), deletion.names);
            await deletion.entomb?.();`,
  },
]

const resumedWithout = (name: string): readonly Edit[] => [
  {
    ...steps,
    becomes: `for (const step of definition.steps.filter((one) => !run.resumed || one.name !== '${name}')) {`,
  },
]

/** The staged form is synced behind the unlink of the plain one, and compared last. */
const plainUnlinkedFirst: readonly Edit[] = [
  {
    file: 'files/staging.js',
    passage: 'await fillFile(file, write);',
    becomes: `await fillFile(!target.includes('.zst.') ? file : {
        write: (at, bytes) => file.write(at, bytes),
        sync: async () => { },
        close: () => file.close(),
    }, write);`,
  },
  {
    file: 'lifecycle/compress.js',
    passage: 'steps: [publishStep(), verifyStep(), unlinkStep()]',
    becomes: 'steps: [publishStep(), unlinkStep(), verifyStep()]',
  },
  {
    file: 'lifecycle/compress.js',
    passage: 'await context.disk.unlink(plainPath);',
    becomes: `await context.disk.unlink(plainPath);
                const form = await context.disk.openWrite(\`\${plainPath}.zst\`);
                await form.sync();
                await form.close();`,
  },
]

/** The plain form goes while the compressed one is staged and nothing names it. */
const plainUnlinkedBeforeCommit: readonly Edit[] = [
  {
    file: 'lifecycle/compress.js',
    passage: 'async stage(context, _plan, operationId, { prepared }) {',
    becomes: `async stage(context, plan, operationId, { prepared }) {
        for (const { plainPath } of placesOf(context, plan)) {
            await context.disk.unlink(plainPath);
            await context.disk.syncFolder(path.dirname(plainPath));
        }`,
  },
]

export const mutants: readonly Mutant[] = [
  {
    name: 'steps applied before the intent is committed',
    programs: ['archive a tree and bring it back', 'fork by copy', 'compress, then append'],
    edits: appliedBeforeIntend,
  },
  {
    name: 'tombstone written after the unlink',
    programs: ['delete of one thread'],
    edits: tombstoneAfterUnlink,
  },
  {
    name: 'recovery that skips the move',
    programs: ['archive a tree and bring it back'],
    edits: resumedWithout('move'),
  },
  {
    name: 'recovery that skips the publication',
    programs: ['create', 'fork by copy'],
    edits: resumedWithout('publish'),
  },
  {
    name: 'recovery that skips the unlink',
    programs: ['delete of one thread', 'compress, then append'],
    edits: resumedWithout('unlink'),
  },
  {
    name: 'recovery that skips the scrub',
    programs: ['delete of one thread'],
    edits: resumedWithout('scrub'),
  },
  {
    name: 'recovery that skips the detach',
    programs: ['delete that detaches a fork'],
    edits: resumedWithout('detach'),
  },
  {
    name: 'plain rollout unlinked before its compressed form is durable',
    programs: ['compress, then append'],
    edits: plainUnlinkedFirst,
  },
  {
    name: 'plain rollout unlinked before the compression is committed',
    programs: ['compress, then append'],
    edits: plainUnlinkedBeforeCommit,
  },
]
