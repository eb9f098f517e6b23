// Canaries, as the testing package has them.

export {
  Canaries,
  type Random,
  seededRandom,
  TOKEN_BYTES,
  TOKEN_PREFIX,
  tokensIn,
} from '@cenotaph/testing'
