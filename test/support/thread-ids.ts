// Ids and messages as tests write them.

export { messageOf as message, threadIdOf as testId } from '@cenotaph/testing'
